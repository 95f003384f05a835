import { createContext, runInContext } from 'node:vm'
import * as fc from 'fast-check'
import { ImageBatch } from '../../lib/images/index'
import { code, invalid } from '../support/failure'
import { decodeGif, decodePng } from './decoders'

/** Image i is filled with level i + 1; its first pixel marks the top left corner. */
function numbered(count: number): ImageBatch {
  const pixels = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) {
    pixels.fill(i + 1, i * 784, (i + 1) * 784)
    pixels[i * 784] = 200 + i
  }
  return new ImageBatch(pixels)
}

/** Which image lies in each cell, row by row; 0 for none. */
function cells({ width, height, levels }: { width: number; height: number; levels: number[] }, side = 28) {
  const rows: number[][] = []
  for (let y = 0; y < height; y += side) {
    const row: number[] = []
    for (let x = 0; x < width; x += side) row.push(levels[(y + side - 1) * width + x + side - 1] as number)
    rows.push(row)
  }
  return rows
}

test('a batch has its sizes and keeps its pixels', () => {
  const pixels = new Uint8Array(3 * 784)
  const batch = new ImageBatch(pixels)
  expect(batch).toMatchObject({ count: 3, width: 28, height: 28 })
  expect(batch.pixels).toBe(pixels)
  expect(Object.keys(batch).sort()).toEqual(['count', 'height', 'pixels', 'width'])
})

test('image(i) is a view', () => {
  const batch = numbered(3)
  const view = batch.image(1)
  expect(view).toHaveLength(784)
  expect([view[0], view[1], view[783]]).toEqual([201, 2, 2])
  batch.pixels[784] = 77
  expect(view[0]).toBe(77)
  expect(view.buffer).toBe(batch.pixels.buffer)
})

test('pixels of another realm are taken', () => {
  const foreign = runInContext('new Uint8Array(784)', createContext())
  expect(foreign).not.toBeInstanceOf(Uint8Array)
  expect(new ImageBatch(foreign).count).toBe(1)
})

test('a length that the array claims for itself is not believed', async () => {
  const claiming = (count: number, length: number) =>
    Object.defineProperty(new Uint8Array(count).fill(9), 'length', { value: length })
  const batch = new ImageBatch(claiming(2 * 784, 784_000), claiming(2, 1000))
  expect(batch.count).toBe(2)
  expect(decodePng(await batch.png(1)).levels).toEqual(Array(784).fill(9))
  expect(decodeGif(await batch.gif())).toMatchObject({ frames: { length: 2 } })
  for (const make of [
    () => new ImageBatch(claiming(10, 784)),
    () => new ImageBatch(new Uint8Array(784), claiming(2, 1)),
  ]) {
    expect(make).toThrow(code('ERR_DCGAN_INVALID_ARGUMENT'))
  }
})

describe('png', () => {
  test('is an 8-bit grey image of exactly these levels, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2 * 784, maxLength: 2 * 784 }), async pixels => {
        const bytes = await new ImageBatch(pixels).png(1)
        const image = decodePng(bytes)
        expect(Buffer.isBuffer(bytes)).toBe(true)
        expect(image).toMatchObject({ width: 28, height: 28, grey: true, bitDepth: 8, colorType: 0 })
        expect(image.levels).toEqual([...pixels.subarray(784)])
      }),
      { numRuns: 100 },
    )
  })

  test('leaves the batch as it was, and does not lean on its memory', async () => {
    const batch = numbered(2)
    const before = Buffer.from(batch.pixels)
    const bytes = await batch.png(0)
    expect(before.equals(batch.pixels)).toBe(true)
    batch.pixels.fill(0)
    expect(decodePng(bytes).levels[5]).toBe(1)
  })
})

test('a batch is iterable: each image comes with its label, its confidence and the name of its class', () => {
  const labels = Uint8Array.of(1, 0, 1)
  const confidences = Float32Array.of(0.5, 0.25, 1)
  const batch = new ImageBatch(numbered(3).pixels, labels, confidences, ['A', 'B'])
  expect(Array.from(batch, ({ pixels, ...rest }) => [pixels[1], rest])).toEqual([
    [1, { label: 1, confidence: 0.5, className: 'B' }],
    [2, { label: 0, confidence: 0.25, className: 'A' }],
    [3, { label: 1, confidence: 1, className: 'B' }],
  ])
  const [first] = numbered(1)
  expect(first).toEqual({ pixels: expect.any(Uint8Array), label: undefined, confidence: undefined })
})

describe('slice', () => {
  test('is a batch with its own copy of the images from one up to another', () => {
    const labels = Uint8Array.of(4, 5, 6)
    const batch = new ImageBatch(numbered(3).pixels, labels, Float32Array.of(0.5, 0.25, 1), ['A'])
    const part = batch.slice(1, 3)
    expect(part).toBeInstanceOf(ImageBatch)
    expect(part).toMatchObject({ count: 2, classNames: ['A'] })
    expect(part.labels).toEqual(Uint8Array.of(5, 6))
    expect(part.confidences).toEqual(Float32Array.of(0.25, 1))
    batch.pixels.fill(0)
    expect(part.image(0)[1]).toBe(2)
    expect(batch.slice().count).toBe(3)
    expect(numbered(2).slice(1)).not.toHaveProperty('labels')
  })

  test('of pixels in a Buffer is a copy too', () => {
    const batch = new ImageBatch(Buffer.from(numbered(2).pixels))
    const part = batch.slice(0, 1)
    batch.pixels.fill(0)
    expect(part.image(0)[1]).toBe(1)
  })

  test.each([
    [[3], /from 0 to 2 for from but received 3/],
    [[-1], /for from but received -1/],
    [[1, 1], /from 2 to 3 for to but received 1/],
    [[0, 4], /for to but received 4/],
  ])('refuses %j', (args, message) => {
    expect(() => numbered(3).slice(...(args as [number]))).toThrow(message)
  })
})

describe('png with options', () => {
  test('is enlarged, inverted, and has empty pixels around the image', async () => {
    const picture = decodePng(await numbered(2).png(1, { scale: 2, gap: 3, invert: true }))
    expect(picture).toMatchObject({ width: 68, height: 68, grey: true, bitDepth: 8 })
    const level = (x: number, y: number) => picture.levels[y * 68 + x]
    expect([level(5, 5), level(6, 6), level(7, 7), level(8, 6), level(61, 61), level(62, 62)]).toEqual([
      255, 54, 54, 253, 253, 255,
    ])
  })

  test.each([
    [{ scale: 0 }, /an integer from 1 for scale but received 0/],
    [{ gap: -1 }, /for gap but received -1/],
    [{ invert: 1 }, /true or false for invert but received 1/],
    [{ padding: 1 }, /Unknown key "padding" in the options of png\(\)\. Did you mean gap\?/],
    [{ scale: 200 }, /larger than the 16777216 pixels/],
    ['x', /an object for the options of png\(\)/],
  ])('refuses %j', async (options, message) => {
    await invalid(numbered(1).png(0, options as never), message)
  })
})

describe('grid', () => {
  test.each([
    ['a square by default', 4, undefined, [[1, 2], [3, 4]]], // biome-ignore format: a picture
    ['nearly square by default, black where there is none', 3, {}, [[1, 2], [3, 0]]], // biome-ignore format: a picture
    ['columns: 3', 5, { columns: 3 }, [[1, 2, 3], [4, 5, 0]]], // biome-ignore format: a picture
    ['columns: 1', 2, { columns: 1 }, [[1], [2]]],
    ['more columns than images', 2, { columns: 3 }, [[1, 2, 0]]],
    ['down the columns', 4, { order: 'columns' }, [[1, 3], [2, 4]]], // biome-ignore format: a picture
    ['down the columns, not full', 5, { order: 'columns', columns: 3 }, [[1, 3, 5], [2, 4, 0]]], // biome-ignore format: a picture
  ] as const)('%s', async (_, count, options, expected) => {
    const grid = decodePng(await numbered(count).grid(options))
    expect(grid).toMatchObject({ grey: true, bitDepth: 8, colorType: 0 })
    expect(cells(grid)).toEqual(expected)
  })

  test('gap: empty pixels between the images and none around them, enlarged with them', async () => {
    const grid = decodePng(await numbered(5).grid({ columns: 3, gap: 2, scale: 2 }))
    expect([grid.width, grid.height]).toEqual([2 * (3 * 28 + 2 * 2), 2 * (2 * 28 + 2)])
    const level = (x: number, y: number) => grid.levels[2 * y * grid.width + 2 * x]
    expect([27, 28, 29, 30, 31].map(x => level(x, 5))).toEqual([1, 0, 0, 201 - 199, 2])
    expect([27, 28, 29, 30, 31].map(y => level(5, y))).toEqual([1, 0, 0, 4, 4])
    expect(level(61, 31)).toBe(0)
  })

  test('invert: the negative, gaps and empty cells included', async () => {
    const options = { columns: 2, gap: 1 }
    const [plain, inverted] = await Promise.all([
      numbered(3).grid(options),
      numbered(3).grid({ ...options, invert: true }),
    ])
    expect(decodePng(inverted).levels).toEqual(decodePng(plain).levels.map(level => 255 - level))
  })

  test('has every level of every image where it belongs, at any scale', async () => {
    const anyGrid = fc.record({
      count: fc.integer({ min: 1, max: 5 }),
      columns: fc.integer({ min: 1, max: 4 }),
      scale: fc.integer({ min: 1, max: 3 }),
      order: fc.constantFrom('rows' as const, 'columns' as const),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(anyGrid, async ({ count, columns, scale, order, seed }) => {
        const pixels = Uint8Array.from(
          { length: count * 784 },
          (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 16) & 255,
        )
        const { width, height, levels } = decodePng(
          await new ImageBatch(pixels).grid({ columns, scale, order }),
        )
        const rows = Math.ceil(count / columns)
        expect([width, height]).toEqual([columns * 28 * scale, rows * 28 * scale])
        const expected = levels.map((_, at) => {
          const [x, y] = [Math.floor((at % width) / scale), Math.floor(Math.floor(at / width) / scale)]
          const [column, row] = [Math.floor(x / 28), Math.floor(y / 28)]
          const i = order === 'rows' ? row * columns + column : column * rows + row
          return i < count ? pixels[i * 784 + (y % 28) * 28 + (x % 28)] : 0
        })
        expect(levels).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })
})

test('gif shows the images one after another', async () => {
  const batch = numbered(3)
  const gif = decodeGif(await batch.gif({ delay: 100, scale: 2 }))
  expect(gif).toMatchObject({ width: 56, height: 56, loop: 0 })
  expect(gif.frames.map(({ delay, levels }) => [delay, levels[0], levels.at(-1)])).toEqual([
    [100, 200, 1],
    [100, 201, 2],
    [100, 202, 3],
  ])
})

describe('an impossible value is refused with its key', () => {
  test.each([undefined, null, new Uint8Array(0), new Uint8Array(783), new Float32Array(784), [0]])(
    'pixels: %p',
    pixels => {
      expect(() => new ImageBatch(pixels as Uint8Array)).toThrow(
        code('ERR_DCGAN_INVALID_ARGUMENT', ' for pixels '),
      )
    },
  )

  test.each([-1, 2, 0.5, Number.NaN, '0', undefined])('i: %p', async i => {
    const batch = numbered(2)
    const refusal = {
      code: 'ERR_DCGAN_INVALID_ARGUMENT',
      message: expect.stringContaining('integer from 0 to 1 for i '),
    }
    expect(() => batch.image(i as number)).toThrow(expect.objectContaining(refusal))
    await expect(batch.png(i as number)).rejects.toMatchObject(refusal)
  })

  test.each([
    ['columns', { columns: 0 }],
    ['columns', { columns: 1.5 }],
    ['columns', { columns: '2' }],
    ['scale', { scale: 0 }],
    ['scale', { scale: Number.POSITIVE_INFINITY }],
    ['order', { order: 'diagonal' }],
    ['scale', { scale: null }],
    ['gap', { gap: null }],
    ['gap', { gap: -1 }],
    ['gap', { gap: 0.5 }],
    ['gap', { gap: 2 ** 53 - 1 }],
    ['gap', { gap: 2 ** 24 }],
    ['invert', { invert: 1 }],
    ['the options of the grid', 5],
    ['the options of the grid', null],
    ['"padding"', { padding: 2 }],
    ['scale', { scale: 147 }],
    ['columns', { columns: 2 ** 50 }],
    ['scale', { scale: Number.MAX_SAFE_INTEGER, columns: Number.MAX_SAFE_INTEGER }],
  ])('grid, %s: %j', async (key, options) => {
    await invalid(numbered(2).grid(options as object), key)
  })
})
