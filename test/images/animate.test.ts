import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { PNG } from 'pngjs'
import { animate, animateFiles, decodePng, ImageBatch, snapshotName } from '../../lib/images/index'
import { invalid, refused } from '../support/failure'
import { folder as newFolder } from '../support/folder'
import { decodeGif } from './decoders'
import { encodePng, headerOf } from './encoder'

let folder: string
let file: string

beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'output.gif')
})

/** A snapshot of `outputDim`² images that all have this level. */
function snapshot(level: number, outputDim = 1): Promise<Buffer> {
  return new ImageBatch(new Uint8Array(outputDim ** 2 * 784).fill(level)).grid({ order: 'columns' })
}

async function snapshots(levels: Record<number, number>): Promise<void> {
  for (const [step, level] of Object.entries(levels)) {
    await writeFile(join(folder, snapshotName(Number(step))), await snapshot(level))
  }
}

async function levelsOf(path: string): Promise<(number | undefined)[]> {
  return decodeGif(await readFile(path)).frames.map(({ levels }) => levels[0])
}

test('snapshots are named as the tutorial names them', () => {
  expect([0, 469, 11_725, 1_000_000].map(snapshotName)).toEqual([
    'dcgan_steps_000000.png',
    'dcgan_steps_000469.png',
    'dcgan_steps_011725.png',
    'dcgan_steps_1000000.png',
  ])
})

test('the frames come in the order of their steps, past the sixth digit too, and nothing else does', async () => {
  await snapshots({ 0: 10, 1000: 20, 469: 15, 1000000: 40, 999999: 30 })
  for (const name of [
    'grid.png',
    'dcgan_steps_5.png',
    'dcgan_steps_000001.png.bak',
    'x_dcgan_steps_000001.png',
  ]) {
    await writeFile(join(folder, name), await snapshot(99))
  }
  expect(await animate(folder, file)).toBe(5)
  expect(await levelsOf(file)).toEqual([10, 15, 20, 30, 40])
})

test('by default it lingers on the last frame, and repeats', async () => {
  await snapshots({ 0: 1, 1: 2, 2: 3 })
  await animate(folder, file)
  const gif = decodeGif(await readFile(file))
  expect([gif.loop, ...gif.frames.map(({ delay }) => delay)]).toEqual([0, 250, 250, 2000])
  await animate(folder, file, { delay: 50, lastDelay: 100, repeat: -1, scale: 3 })
  const other = decodeGif(await readFile(file))
  expect([other.loop, ...other.frames.map(({ delay }) => delay)]).toEqual([undefined, 50, 50, 100])
  expect([other.width, other.height]).toEqual([84, 84])
})

test('the animation has the levels and places of the images', async () => {
  const pixels = Uint8Array.from({ length: 4 * 784 }, (_, i) => (i * 7 + (i >> 8)) & 255)
  const batch = new ImageBatch(pixels)
  await writeFile(join(folder, snapshotName(0)), await batch.grid({ order: 'columns' }))
  await animate(folder, file)
  const [frame] = decodeGif(await readFile(file)).frames
  // Image 2 begins the second column.
  const expected = Array.from({ length: 28 }, (_, x) => pixels[2 * 784 + x])
  expect(frame?.levels.slice(28, 56)).toEqual(expected)
})

test('the largest snapshot that a run writes is a frame', async () => {
  await writeFile(join(folder, snapshotName(0)), await snapshot(7, 64))
  expect(await animate(folder, file)).toBe(1)
  expect((await readFile(file)).readUInt16LE(6)).toBe(64 * 28)
})

test('options are read when it is called', async () => {
  await snapshots({ 0: 1 })
  const options = { scale: 2 }
  const animating = animate(folder, file, options)
  options.scale = 3
  await animating
  expect((await readFile(file)).readUInt16LE(6)).toBe(2 * 28)
})

test('chosen files come in the order in which they are given', async () => {
  await snapshots({ 0: 1, 1: 2, 2: 3 })
  const chosen = [2, 0].map(step => join(folder, snapshotName(step)))
  expect(await animateFiles(chosen, file)).toBe(2)
  expect(await levelsOf(file)).toEqual([3, 1])
})

test.each([0, 1, 2, 3, 4, -1])('a picture with rows of the filter %d is read as it is', async filterType => {
  const [width, height] = [29, 31]
  const data = Buffer.from(Array.from({ length: width * height }, (_, i) => (i * i * 7 + i * 13) % 256))
  const grey = { colorType: 0, inputColorType: 0, inputHasAlpha: false, bitDepth: 8, filterType } as const
  const written = PNG.sync.write(Object.assign(new PNG({ width, height }), { data }), grey)
  expect(await decodePng(written)).toEqual({ width, height, pixels: Uint8Array.from(data) })
})

test('a coloured picture is taken in grey', async () => {
  const png = new PNG({ width: 1, height: 1 })
  png.data = Buffer.of(255, 0, 0, 255)
  await writeFile(join(folder, snapshotName(0)), PNG.sync.write(png))
  await animate(folder, file)
  expect(await levelsOf(file)).toEqual([76])
})

describe('an error is reported, and the old GIF stays', () => {
  async function isRefused(message: string): Promise<void> {
    await writeFile(file, 'old')
    await refused(animate(folder, file), 'ERR_DCGAN_IO', message)
    expect(await readFile(file, 'utf8')).toBe('old')
    expect((await readdir(folder)).filter(name => name.endsWith('.tmp'))).toEqual([])
  }

  test('no snapshots', () => isRefused(`${folder} has no snapshots`))

  test('mixed sizes', async () => {
    await snapshots({ 0: 1 })
    await writeFile(join(folder, snapshotName(5)), await snapshot(1, 2))
    await isRefused(`${join(folder, snapshotName(5))} has 56×56 pixels and dcgan_steps_000000.png has 28×28`)
  })

  test.each([
    ['text', Buffer.from('hello, this is no picture at all'), 'is not a PNG file'],
    ['nothing', Buffer.alloc(0), 'is not a PNG file'],
    ['a picture that declares 4 gigapixels', png(65_536, 65_536), 'is too large, 65536×65536 pixels'],
    ['a picture one pixel wider than any snapshot', png(1793, 1), 'is too large, 1793×1 pixels'],
    ['an interlaced picture', png(28, 28, { interlace: 1 }), 'is an interlaced PNG file'],
    ['a picture of 16 bits', png(28, 28, { bitDepth: 16 }), 'is a PNG file of 16 bits'],
    [
      'a large coloured picture',
      png(1792, 1792, { colour: 2 }),
      'is a PNG file of 1792×1792 pixels that are',
    ],
    ['a picture that is cut short', png(28, 28), 'is a damaged PNG file'],
    [
      'a picture with more rows than it declares',
      png(28, 28, { data: deflateSync(Buffer.alloc(2 ** 28)) }),
      'is a damaged PNG file',
    ],
    [
      'a picture with an unknown filter',
      png(28, 28, { data: deflateSync(Buffer.alloc(28 * 29, 9)) }),
      'is a damaged PNG file',
    ],
  ])('%s', async (_, bytes, message) => {
    await snapshots({ 0: 1 })
    await writeFile(join(folder, snapshotName(1)), bytes)
    await isRefused(`${join(folder, snapshotName(1))} ${message}`)
  })

  test('a PNG file cut short', async () => {
    await writeFile(join(folder, snapshotName(1)), (await snapshot(1)).subarray(0, 45))
    await isRefused(`${join(folder, snapshotName(1))} is a damaged PNG file`)
  })

  test('an interlaced picture that unpacks to gigabytes, before any of it is unpacked', async () => {
    const bomb = png(1, 1, { interlace: 1, data: deflateSync(Buffer.alloc(2 ** 28)) })
    await writeFile(join(folder, snapshotName(1)), bomb)
    const before = process.resourceUsage().maxRSS
    await isRefused(`${join(folder, snapshotName(1))} is an interlaced PNG file`)
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 16)
  })

  test('a file of gigabytes, before all of it is read', async () => {
    const path = join(folder, snapshotName(1))
    await writeFile(path, await snapshot(1))
    await truncate(path, 2 ** 32)
    await isRefused(`${path} is larger than any snapshot`)
  })

  test('a pipe, a device and a socket, without waiting for their writers', async () => {
    const path = join(folder, snapshotName(1))
    execFileSync('mkfifo', [path])
    await isRefused(`Cannot read ${path}: it is a pipe. Give the path of a file`)
    await rm(path)
    await symlink('/dev/zero', path)
    await isRefused(`Cannot read ${path}: it is a device`)
    await rm(path)
    const server = createServer().listen(path)
    await once(server, 'listening')
    await isRefused(`Cannot read ${path}: it is a socket`)
    server.close()
  })

  test('a folder in place of a snapshot', async () => {
    await mkdir(join(folder, snapshotName(1)))
    await isRefused(`Cannot read ${join(folder, snapshotName(1))}: it is a folder`)
  })

  test('a missing folder, and one to write to', async () => {
    const missing = join(folder, 'missing')
    await expect(animate(missing, file)).rejects.toMatchObject({
      code: 'ERR_DCGAN_IO',
      message: expect.stringContaining(`Cannot read ${missing}: no such file or folder`),
      cause: { code: 'ENOENT' },
    })
    await snapshots({ 0: 1 })
    await refused(animate(folder, join(missing, 'a.gif')), 'ERR_DCGAN_IO')
  })

  test.each([
    ['folder', [5, 'a.gif']],
    ['folder', ['', 'a.gif']],
    ['file', [tmpdir(), undefined]],
    ['delay', [tmpdir(), 'a.gif', { delay: 1 }]],
    ['lastDelay', [tmpdir(), 'a.gif', { lastDelay: null }]],
    ['file', ['no folder', 5]],
    ['scale', ['no folder', 'a.gif', { scale: 0 }]],
  ])('a bad %s: %#', async (key, args) => {
    await snapshots({ 0: 1 })
    const [first, second, options] = args as Parameters<typeof animate>
    await invalid(animate(first === tmpdir() ? folder : first, second, options), ` for ${key} `)
  })
})

/** A PNG file of grey pixels, of which it holds none unless they are given. */
function png(
  width: number,
  height: number,
  { bitDepth = 8, colour = 0, interlace = 0, data = deflateSync(Buffer.alloc(0)) } = {},
): Buffer {
  const header = headerOf(width, height, bitDepth, colour)
  header[12] = interlace
  return encodePng([
    { type: 'IHDR', data: header },
    { type: 'IDAT', data },
    { type: 'IEND', data: Buffer.alloc(0) },
  ])
}
