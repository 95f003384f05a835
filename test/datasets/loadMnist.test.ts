import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { loadMnist } from '../../lib/datasets/index'
import { failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'
import { setVariable } from '../support/variables'
import { idx, imagesFile, labelsFile, pixels } from './idxFiles'

const IMAGES = 'train-images-idx3-ubyte'
const LABELS = 'train-labels-idx1-ubyte'

/** A new folder with these files. */
function folderWith(files: Record<string, Uint8Array>): string {
  const path = folder()
  for (const [name, data] of Object.entries(files)) writeFileSync(join(path, name), data)
  return path
}

const loadFiles = (files: Record<string, Uint8Array>) => loadMnist(folderWith(files))

describe('the data package', () => {
  test('has the 60,000 training images, upright and in order', async () => {
    const { images, labels, count, width, height } = await loadMnist()
    expect([count, width, height, images.length, labels.length]).toEqual([60_000, 28, 28, 47_040_000, 60_000])
    expect([...labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    // The mean and deviation that everyone normalises MNIST with.
    let sum = 0
    let squares = 0
    for (const level of images) {
      sum += level
      squares += level * level
    }
    const mean = sum / images.length / 255
    expect(mean).toBeCloseTo(0.1307, 4)
    expect(Math.sqrt(squares / images.length / 255 ** 2 - mean ** 2)).toBeCloseTo(0.3081, 4)
    // Row 7 of the first image, a five, crosses the top of its curve.
    expect([...images.subarray(7 * 28 + 7, 7 * 28 + 12)]).toEqual([49, 238, 253, 253, 253])
  })

  test('has the 10,000 test images', async () => {
    const test = await loadMnist({ split: 'test' })
    expect([test.count, test.images.length, test.labels[0]]).toEqual([10_000, 7_840_000, 7])
  })
})

describe('a folder', () => {
  const images = imagesFile(3)
  const labels = labelsFile(3)
  const zippedImages = gzipSync(images)
  const expected = { images: pixels(3), labels: Uint8Array.of(0, 1, 2), count: 3, width: 28, height: 28 }

  test.each([
    ['plain', { [IMAGES]: images, [LABELS]: labels }],
    ['gzipped', { [`${IMAGES}.gz`]: zippedImages, [`${LABELS}.gz`]: gzipSync(labels) }],
    ['with dots', { 'train-images.idx3-ubyte': images, 'train-labels.idx1-ubyte': labels }],
    ['with dots, gzipped', { 'train-images.idx3-ubyte.gz': zippedImages, 'train-labels.idx1-ubyte': labels }],
    ['gzipped under a plain name', { [IMAGES]: zippedImages, [LABELS]: labels }],
    ['plain under a gzip name', { [`${IMAGES}.gz`]: images, [LABELS]: labels }],
    ['gzipped in two members', { [IMAGES]: twoMembers(images), [LABELS]: labels }],
  ])('%s', async (_, files) => {
    const dataset = await loadFiles(files)
    expect({ ...dataset, images: [...dataset.images] }).toEqual({ ...expected, images: [...expected.images] })
  })

  test('gives the requested split', async () => {
    const path = folderWith({
      [IMAGES]: imagesFile(2),
      [LABELS]: labelsFile(2),
      't10k-images-idx3-ubyte': imagesFile(1),
      't10k-labels-idx1-ubyte': labelsFile(1),
    })
    expect((await loadMnist(path, { split: 'test' })).count).toBe(1)
    expect((await loadMnist(path, { split: 'train' })).count).toBe(2)
  })

  test('comes before MNIST_DIR, which comes before the package', async () => {
    const own = folderWith({ [IMAGES]: imagesFile(1), [LABELS]: labelsFile(1) })
    const named = folderWith({ [IMAGES]: imagesFile(2), [LABELS]: labelsFile(2) })
    setVariable('MNIST_DIR', named)
    expect((await loadMnist(own)).count).toBe(1)
    expect((await loadMnist()).count).toBe(2)
    setVariable('MNIST_DIR', '/does/not/exist')
    await refused(loadMnist(), 'ERR_DCGAN_BAD_DATASET', '/does/not/exist (from MNIST_DIR)')
  })
})

describe('a file that does not fit is refused with its path and the fault', () => {
  const images = imagesFile(3)
  const labels = labelsFile(3)
  const zipped = gzipSync(images)
  const changed = (bytes: Buffer, at: number, value: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = value
    return copy
  }

  test.each([
    ['an empty file', Buffer.alloc(0), 'is empty'],
    ['less than a header', images.subarray(0, 15), 'its header alone takes 16, and it has 15 bytes'],
    ['a file cut short', images.subarray(0, -1), 'is cut short: its header declares 3 images, 2368 bytes'],
    ['trailing bytes', Buffer.concat([images, Buffer.of(0)]), 'has bytes left over'],
    ['a file of labels', labelsFile(30), 'starts with 0x00000801 where an IDX file of images has 0x00000803'],
    ['a wrong magic number', changed(images, 2, 13), 'starts with 0x00000d03'],
    ['text', Buffer.from('<html>404 Not Found</html>'), 'starts with 0x3c68746d'],
    ['no images', idx(0x803, [0, 28, 28], Buffer.alloc(0)), 'declares no images'],
    ['more than a gibibyte', idx(0x803, [0xffffffff, 28, 28], Buffer.alloc(10)), 'more than the 1 GiB'],
    ['a gzip file cut short', zipped.subarray(0, -20), 'is a gzip file that is cut short'],
    ['a damaged gzip', changed(zipped, zipped.length - 6, (zipped.at(-6) as number) ^ 1), 'damaged gzip'],
    ['a gzip file followed by junk', Buffer.concat([zipped, Buffer.from('junk')]), 'damaged gzip'],
    ['a gzip header alone', Buffer.of(0x1f, 0x8b), 'is a gzip file that is cut short'],
    ['a gzipped file cut short', gzipSync(images.subarray(0, -1)), 'holds 2351 of the 2352 bytes'],
    ['a gzipped file with more', gzipSync(Buffer.concat([images, images])), 'continues after the 3 images'],
    ['a gzipped header cut short', gzipSync(images.subarray(0, 5)), 'it has 5 bytes'],
    ['nothing, gzipped', gzipSync(Buffer.alloc(0)), 'it has 0 bytes'],
    ['more labels than images', imagesFile(2), 'holds 2 images, but'],
  ])('%s', async (_, bytes, fault) => {
    await refused(
      loadFiles({ [IMAGES]: bytes, [LABELS]: labels }),
      'ERR_DCGAN_BAD_DATASET',
      new RegExp(`${IMAGES}.* ${escaped(fault)}.*(Fetch the file again|the same place)`),
    )
  })

  test.each([
    ['32×32', idx(0x803, [1, 32, 32], Buffer.alloc(1024)), 'holds images of 32×32 pixels'],
    ['of another height', idx(0x803, [1, 32, 28], Buffer.alloc(896)), 'holds images of 32×28 pixels'],
    ['of another width', idx(0x803, [1, 28, 32], Buffer.alloc(896)), 'holds images of 28×32 pixels'],
    ['RGB', idx(0x804, [1, 28, 28, 3], Buffer.alloc(2352)), 'holds images of several colours'],
  ])(
    'images of one’s own that are %s: what they must be, and not to fetch them again',
    async (_, bytes, fault) => {
      const { code, message } = await failure(loadFiles({ [IMAGES]: bytes, [LABELS]: labels }))
      expect([code, message]).toEqual(['ERR_DCGAN_BAD_DATASET', expect.stringContaining(fault)])
      expect(message).toMatch(/28×28 grey images, one byte per pixel\. loadImages\(folder\) makes them/)
      expect(message).not.toContain('again')
    },
  )

  test.each([
    ['a.png', (file: string) => file],
    ['B.JPG', (file: string) => join('seven', file)],
  ])('a folder of pictures, such as %s: which function reads them', async (name, inside) => {
    const path = folder()
    const picture = inside(name)
    await mkdir(dirname(join(path, picture)), { recursive: true })
    await writeFile(join(path, picture), 'x')
    const { code, message } = await failure(loadMnist(path))
    expect([code, message]).toEqual([
      'ERR_DCGAN_BAD_DATASET',
      expect.stringContaining('loadImages() reads them'),
    ])
  })

  test('labels cut short', async () => {
    await refused(
      loadFiles({ [IMAGES]: images, [LABELS]: labels.subarray(0, -1) }),
      'ERR_DCGAN_BAD_DATASET',
      `${LABELS} is cut short: its header declares 3 labels, 11 bytes in all`,
    )
  })

  test.each([
    ['an images file', { [LABELS]: labels }, 'has no train-images-idx3-ubyte or train-images.idx3-ubyte'],
    [
      'a labels file',
      { [IMAGES]: images },
      'has no train-labels-idx1-ubyte or train-labels.idx1-ubyte, plain or with .gz. Put the labels there. If the ' +
        'images have none, give train() what loadImages() returns, and set classes to 0',
    ],
    ['any file', {}, 'has no train-images-idx3-ubyte'],
  ])('a folder without %s', async (_, files, fault) => {
    await refused(loadFiles(files), 'ERR_DCGAN_BAD_DATASET', fault)
  })

  test('a missing folder, and a file in its place', async () => {
    const missing = loadMnist('/does/not/exist')
    await expect(missing).rejects.toMatchObject({ code: 'ERR_DCGAN_BAD_DATASET', cause: { code: 'ENOENT' } })
    await expect(missing).rejects.toThrow('Cannot open the data folder /does/not/exist')
    await expect(loadMnist(__filename)).rejects.toThrow(`${__filename} is not a folder`)
  })

  test('a folder or a pipe in place of a file, without waiting for its writer', async () => {
    const path = folder()
    await mkdir(join(path, IMAGES))
    execFileSync('mkfifo', [join(path, LABELS)])
    await expect(loadMnist(path)).rejects.toThrow(`${join(path, LABELS)} is a pipe, not a regular file`)
    await rm(join(path, LABELS))
    await mkdir(join(path, LABELS))
    await expect(loadMnist(path)).rejects.toThrow(`${join(path, LABELS)} is a folder, not a regular file`)
  })

  test.each([
    [[5], 'Expected the path of a folder for folder but received 5'],
    [[''], 'Expected the path of a folder for folder but received ""'],
    [[null], 'Expected an object for the options of loadMnist() but received null'],
    [['x', 'test'], 'Expected an object for the options of loadMnist() but received "test"'],
    [[{ split: 'validation' }], "Expected 'train' or 'test' for split but received \"validation\""],
    [['x', { splt: 'test' }], 'Unknown key "splt"'],
  ])('the arguments %j', async (args, message) => {
    const call = loadMnist(...(args as Parameters<typeof loadMnist>))
    await invalid(call)
    await expect(call).rejects.toThrow(message)
  })
})

describe('memory follows the bytes that come, not those that a header declares', () => {
  /** Most bytes of array buffers that were alive during the call, beyond those before it. */
  async function peak(files: Record<string, Uint8Array>): Promise<number> {
    const path = folderWith(files)
    const before = process.memoryUsage().arrayBuffers
    let most = before
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }, 1)
    try {
      await refused(loadMnist(path), 'ERR_DCGAN_BAD_DATASET')
      return Math.max(most, process.memoryUsage().arrayBuffers) - before
    } finally {
      clearInterval(timer)
    }
  }

  test('a gzip bomb is left at the size that its header declares', async () => {
    const bomb = gzipSync(Buffer.concat([imagesFile(1), Buffer.alloc(256 * 2 ** 20)]))
    expect(await peak({ [IMAGES]: bomb, [LABELS]: labelsFile(1) })).toBeLessThan(4 * bomb.length + 2 ** 21)
  })

  test('a small gzip file that declares a gibibyte costs next to nothing', async () => {
    const file = gzipSync(idx(0x803, [1_369_000, 28, 28], Buffer.alloc(100)))
    expect(await peak({ [IMAGES]: file, [LABELS]: labelsFile(1) })).toBeLessThan(2 ** 18)
  })

  test('a small gzip file that really unpacks to the half gibibyte that it declares is not unpacked', async () => {
    const COUNT = 680_000
    const images = gzipSync(Buffer.concat([idx(0x803, [COUNT, 28, 28], Buffer.alloc(COUNT * 784))]))
    const labels = gzipSync(idx(0x801, [COUNT], Buffer.alloc(COUNT)))
    expect(images.length).toBeLessThan(2 ** 20)
    expect(await peak({ [IMAGES]: images, [LABELS]: labels })).toBeLessThan(2 ** 24)
  })

  test('as does a plain one', async () => {
    const file = idx(0x803, [1_369_000, 28, 28], Buffer.alloc(100))
    expect(await peak({ [IMAGES]: file, [LABELS]: labelsFile(1) })).toBeLessThan(2 ** 18)
  })

  test('blocks that unpack to nothing end as well', async () => {
    // An empty stored block is five bytes; a file may have any number of them.
    const empty = Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.of(0, 0, 0, 0xff, 0xff)))
    const header = gzipSync(Buffer.alloc(0)).subarray(0, 10)
    const file = Buffer.concat([header, empty, deflateRawSync(Buffer.alloc(0)), Buffer.alloc(8)])
    expect(await peak({ [IMAGES]: file, [LABELS]: labelsFile(1) })).toBeLessThan(4 * file.length)
  })
})

function twoMembers(bytes: Buffer): Buffer {
  return Buffer.concat([gzipSync(bytes.subarray(0, 1000)), gzipSync(bytes.subarray(1000))])
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
