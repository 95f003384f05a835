import { execFileSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DCGAN, ImageBatch, loadImages, loadMnist } from '../../lib/index'
import { zip } from '../setup/zip-files'
import { kept, TINY } from '../support/dcgan'
import { invalid, refused } from '../support/failure'
import { folder } from '../support/folder'
import { idx, pixels } from './idxFiles'
import { blankJpeg, gifOfFrame, picture, put, square } from './pictures'

const PYTHON = '/opt/pytorch/bin/python'
const withNumPy = existsSync(PYTHON) ? test : test.skip

let warn: jest.SpiedFunction<typeof process.emitWarning>
beforeEach(() => {
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
})

const warnings = () =>
  warn.mock.calls.map(([message, options]) => [(options as { code: string }).code, message])

test('a folder per class: labels and names in the order of the names', async () => {
  const root = folder()
  const png = await square(28).getBuffer('image/png')
  for (const [name, count] of [
    ['b', 2],
    ['a', 1],
    ['.cache', 1],
  ] as const) {
    // biome-ignore format: a table
    for (let i = 0; i < count; i++) put(join(root, name, `${i}.png`), png)
  }
  put(join(root, 'README.txt'), 'not an image')
  const loaded = await loadImages(root)
  expect(loaded).toMatchObject({ count: 3, width: 28, height: 28, classNames: ['a', 'b'], inverted: false })
  expect([...loaded.labels]).toEqual([0, 1, 1])
  expect(loaded.images).toHaveLength(3 * 784)
  expect([loaded.images[0], loaded.images[14 * 28 + 14]]).toEqual([0, 255])
  expect(loaded.skipped).toEqual({ count: 0, files: [] })
  expect(warnings()).toEqual([])
})

test.each(['image/png', 'image/jpeg', 'image/gif', 'image/bmp'] as const)(
  'a file of type %s is read, whatever its name says',
  async type => {
    const root = folder()
    put(join(root, 'a.png'), await square(28).getBuffer(type))
    const { images, labels, count } = await loadImages(root)
    expect([count, labels.length]).toEqual([1, 0])
    expect(images[0]).toBeLessThan(8)
    expect(images[14 * 28 + 14]).toBeGreaterThan(247)
  },
)

test('pictures of 28×28 keep their grey levels, and colours become their luma', async () => {
  const root = folder()
  const levels = pixels(1)
  put(join(root, 'a.png'), await new ImageBatch(levels).png(0))
  put(join(root, 'b.png'), await picture(28, 28, () => 0xff0000ff).getBuffer('image/png'))
  const { images } = await loadImages(root, { invert: false })
  expect(Buffer.compare(images.subarray(0, 784), levels)).toBe(0)
  expect(images[784]).toBe(76)
})

test('a picture is resized to fit, and centred on its own background', async () => {
  const root = folder()
  // Twice as wide as high: 28×14, with seven rows of background above and below.
  put(join(root, 'a.png'), await picture(112, 56, (x, y) => (x > 40 && x < 72 && y > 4 && y < 52 ? 0xffffffff : 0x101010ff)).getBuffer('image/png')) // biome-ignore format: one line
  const { images } = await loadImages(root)
  const level = (x: number, y: number) => images[y * 28 + x] as number
  expect([level(14, 6), level(14, 14), level(14, 21), level(0, 14), level(0, 0)]).toEqual([
    16, 255, 16, 16, 16,
  ])
  expect(level(9, 14)).toBe(16)
})

test('light backgrounds are inverted, and it is said', async () => {
  const root = folder()
  const dark = await square(40, 0x000000ff, 0xffffffff).getBuffer('image/png')
  for (const name of ['A/1.png', 'A/2.png', 'B/1.png']) put(join(root, name), dark)
  const loaded = await loadImages(root)
  expect(loaded.inverted).toBe(true)
  expect([loaded.images[0], loaded.images[14 * 28 + 14]]).toEqual([0, 255])
  expect(warnings()).toEqual([['DCGAN_INVERTED', expect.stringContaining('light backgrounds')]])
  const kept = await loadImages(root, { invert: false })
  expect([kept.inverted, kept.images[0]]).toEqual([false, 255])
  expect((await loadImages(root, { invert: true })).images).toEqual(loaded.images)
  expect(warn).toHaveBeenCalledTimes(1)
})

test('a transparent background is one that the ink stands out from', async () => {
  for (const ink of [0x000000ff, 0xffffffff]) {
    const root = folder()
    put(join(root, 'a.png'), await square(28, ink, 0x00000000).getBuffer('image/png'))
    const { images } = await loadImages(root)
    expect([images[0], images[14 * 28 + 14]]).toEqual([0, 255])
  }
})

test('bad files are counted, and ten of them are named', async () => {
  const root = folder()
  const png = await square(28).getBuffer('image/png')
  put(join(root, 'good.png'), png)
  put(join(root, 'Thumbs.db'), 'x')
  put(
    join(root, 'huge.png'),
    Buffer.concat([png.subarray(0, 16), Buffer.from([0, 1, 0, 0, 0, 1, 0, 0]), png.subarray(24)]),
  )
  put(join(root, 'cut.png'), png.subarray(0, 60))
  for (let i = 0; i < 10; i++) put(join(root, `text${i}.jpg`), 'not a picture')
  const { count, skipped } = await loadImages(root)
  expect([count, skipped.count, skipped.files.length]).toEqual([1, 12, 10])
  expect(skipped.files).toContainEqual(`${join(root, 'huge.png')}: too large, 65536×65536 pixels`)
  expect(skipped.files).toContainEqual(expect.stringContaining('text0.jpg: no PNG, JPEG, GIF or BMP file'))
  const [[name, message]] = warnings() as [[string, string]]
  expect(name).toBe('DCGAN_BAD_FILES')
  expect(message).toMatch(/^12 of 13 files in .* could not be read as pictures: .*; and 2 more$/)
})

test.each([
  ['a JPEG file', blankJpeg(65_535, 65_535).subarray(0, 2 ** 20)],
  ['the frame of a GIF file', gifOfFrame(65_535, 65_535)],
])('%s of four billion pixels is refused by its header', async (_what, bytes) => {
  const root = folder()
  put(join(root, 'a'), bytes)
  put(join(root, 'b.png'), await square(28).getBuffer('image/png'))
  const { count, skipped } = await loadImages(root)
  expect([count, skipped.files]).toEqual([1, [`${join(root, 'a')}: too large, 65535×65535 pixels`]])
})

describe('a picture that takes long to decode', () => {
  const large = blankJpeg(5000, 5000)

  test('is skipped after a minute, and the next one is read', async () => {
    const root = folder()
    put(join(root, 'a.jpg'), large)
    put(join(root, 'b.png'), await square(28).getBuffer('image/png'))
    jest.spyOn(globalThis, 'setTimeout').mockImplementationOnce((call, time) => {
      expect(time).toBe(60_000)
      return setTimeout(call, 1)
    })
    const { count, skipped } = await loadImages(root)
    const why = 'decoding it takes more than 60 seconds'
    expect([count, skipped.files]).toEqual([1, [`${join(root, 'a.jpg')}: ${why}`]])
  })

  test('is given up when the signal is aborted', async () => {
    const root = folder()
    for (let i = 0; i < 20; i++) put(join(root, `${i}.jpg`), large)
    const stop = new AbortController()
    const loading = loadImages(root, { signal: stop.signal })
    const reason = new Error('enough')
    setTimeout(() => stop.abort(reason), 100)
    await expect(loading).rejects.toBe(reason)
  })
})

test.each<[string, Record<string, string>, RegExp]>([
  ['an empty folder', {}, /holds no pictures \(\.png/],
  ['a folder of texts', { 'a.txt': 'x' }, /holds no pictures/],
  ['pictures that are none', { 'a.png': 'x' }, /no file that can be read as a picture: .*a\.png: no PNG/],
  ['a class without pictures', { 'A/a.png': 'x', 'B/b.txt': 'y' }, /B holds no pictures, and the others/],
  [
    'two data sets of IDX files',
    { 'a-images-idx3-ubyte': 'x', 'b-images-idx3-ubyte': 'x' },
    /several data sets: a-images-idx3-ubyte, b-/,
  ],
  ['two .npz files', { 'a.npz': 'x', 'b.npz': 'x' }, /several data sets: a\.npz, b\.npz/],
  ['a .npz file that is none', { 'a.npz': 'x' }, /a\.npz cannot be read/],
  ['an empty .npz file', { 'a.npz': '' }, /a\.npz cannot be read: it is empty/],
])('%s is an error', async (_, files, message) => {
  const root = folder()
  for (const [name, text] of Object.entries(files)) put(join(root, name), text)
  await refused(loadImages(root), 'ERR_DCGAN_BAD_DATASET', message)
})

test('a symbolic link to a folder is a class, and one to a file is a picture', async () => {
  const [root, elsewhere] = [folder(), folder()]
  const png = await square(28).getBuffer('image/png')
  put(join(root, 'a', '0.png'), png)
  put(join(elsewhere, '0.png'), png)
  symlinkSync(elsewhere, join(root, 'b'))
  symlinkSync(join(elsewhere, '0.png'), join(root, 'a', '1.png'))
  const { classNames, labels } = await loadImages(root)
  expect([classNames, [...labels]]).toEqual([
    ['a', 'b'],
    [0, 0, 1],
  ])
})

test('bad arguments and folders that are missing are refused', async () => {
  await refused(loadImages('/no/such/folder'), 'ERR_DCGAN_IO', /\/no\/such\/folder: .*Check the path$/)
  await invalid(loadImages('x', { invert: 'yes' as never }), /true or false for invert/)
  await invalid(loadImages('x', { split: 'valid' as never }), /'train' or 'test' for split/)
  const reason = new Error('enough')
  await expect(loadImages('x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('IDX files of other names are a pair, with its test images', async () => {
  const root = folder()
  for (const [name, count] of [
    ['emnist-mnist-train', 3],
    ['emnist-mnist-test', 2],
  ] as const) {
    // biome-ignore format: a table
    put(join(root, `${name}-images-idx3-ubyte.gz`), gzipSync(idx(0x803, [count, 28, 28], pixels(count))))
    put(
      join(root, `${name}-labels-idx1-ubyte`),
      idx(0x801, [count], Uint8Array.of(4, 5, 6).subarray(0, count)),
    )
  }
  const train = await loadImages(root)
  expect([train.count, ...train.labels]).toEqual([3, 4, 5, 6])
  // EMNIST stores images by columns.
  expect(train.images[28]).toBe(pixels(1)[1])
  expect(train.images[3 * 28 + 5]).toBe(pixels(1)[5 * 28 + 3])
  expect((await loadImages(root, { split: 'test' })).count).toBe(2)
})

test("the labels of EMNIST's letters begin at 0, and are named by its mapping", async () => {
  const root = folder()
  put(join(root, 'emnist-letters-train-images-idx3-ubyte'), idx(0x803, [2, 28, 28], pixels(2)))
  put(join(root, 'emnist-letters-train-labels-idx1-ubyte'), idx(0x801, [2], Uint8Array.of(1, 3)))
  put(join(root, 'emnist-letters-mapping.txt'), '1 65 97\n2 66 98\n3 67 99\n')
  const { labels, classNames } = await loadImages(root)
  expect([[...labels], classNames]).toEqual([
    [0, 2],
    ['A', 'B', 'C'],
  ])
})

test.each([
  ['a label that no byte holds', '4294967294 65\n1 66\n'],
  ['a character that Unicode does not have', '0 1114112\n1 66\n'],
  ['numbers that are none', '0 -1\n-1 65\n1.5 65\nx y\n1 66\n'],
])('a mapping of EMNIST with %s takes no memory, and its other lines are read', async (_what, mapping) => {
  const root = folder()
  put(join(root, 'emnist-digits-train-images-idx3-ubyte'), idx(0x803, [2, 28, 28], pixels(2)))
  put(join(root, 'emnist-digits-train-labels-idx1-ubyte'), idx(0x801, [2], Uint8Array.of(0, 1)))
  put(join(root, 'emnist-digits-mapping.txt'), mapping)
  expect((await loadImages(root)).classNames).toEqual(['0', 'B'])
})

test.each(['emnist-digits-mapping.txt', 'class-names.json'])(
  'a pipe called %s is not waited for',
  async name => {
    const root = folder()
    put(join(root, 'emnist-digits-train-images-idx3-ubyte'), idx(0x803, [1, 28, 28], pixels(1)))
    put(join(root, 'emnist-digits-train-labels-idx1-ubyte'), idx(0x801, [1], Uint8Array.of(0)))
    execFileSync('mkfifo', [join(root, name)])
    expect((await loadImages(root)).classNames).toBeUndefined()
  },
)

test.each([
  ['two of one name', '["a", "a"]'],
  ['an empty name', '["", "b"]'],
  ['more names than labels can have', JSON.stringify(Array.from({ length: 257 }, (_, i) => `${i}`))],
  ['a name longer than a state file may hold', JSON.stringify(['x'.repeat(257)])],
])('class-names.json with names that no model can have is refused: %s', async (_, names) => {
  const root = folder()
  put(join(root, 'train-images-idx3-ubyte'), idx(0x803, [2, 28, 28], pixels(2)))
  put(join(root, 'train-labels-idx1-ubyte'), idx(0x801, [2], Buffer.of(0, 1)))
  put(join(root, 'class-names.json'), names)
  const message = /class-names\.json is not a list of up to 256 texts/
  await refused(loadImages(root), 'ERR_DCGAN_BAD_DATASET', message)
  await refused(loadMnist(root), 'ERR_DCGAN_BAD_DATASET', message)
})

test('images without labels are read from an IDX file too', async () => {
  const root = folder()
  put(join(root, 'mine-images-idx3-ubyte'), idx(0x803, [2, 28, 28], pixels(2)))
  const { count, labels } = await loadImages(root)
  expect([count, labels.length]).toEqual([2, 0])
})

withNumPy('a file of NumPy is read, packed or not, with the names that are in use', async () => {
  const root = folder()
  const script = `
import numpy as np
images = (np.arange(3 * 784) % 251).astype(np.uint8).reshape(3, 28, 28)
np.savez('${root}/a.npz', images=images, labels=np.array([2, 0, 1]))
np.savez_compressed('${root}/b.npz', x_train=images.reshape(3, 784), y_train=np.array([2, 0, 1], np.uint8), x_test=images[:1], y_test=np.array([7]))
np.savez('${root}/c.npz', images=images.astype(np.float32))
np.savez('${root}/d.npz', images=images, labels=np.array([1, 2]))
np.savez('${root}/e.npz', images=images, labels=np.array([1, 2, 300]))
np.savez('${root}/f.npz', pictures=images)
np.savez_compressed('${root}/g.npz', images=images, class_names=np.array(['x'] * (2**18 + 1)))
np.savez('${root}/h.npz', images=images, labels=np.array([0, 1, 1]), class_names=np.array(['x', 'x']))`
  execFileSync(PYTHON, ['-c', script])
  const expected = Uint8Array.from({ length: 3 * 784 }, (_, i) => i % 251)
  for (const name of ['a.npz', 'b.npz']) {
    const { images, labels, count } = await loadImages(join(root, name))
    expect([count, ...labels]).toEqual([3, 2, 0, 1])
    expect(Buffer.compare(images, expected)).toBe(0)
  }
  const test = await loadImages(join(root, 'b.npz'), { split: 'test' })
  expect([test.count, ...test.labels]).toEqual([1, 7])
  for (const [name, message] of [
    ['c.npz', /images of type <f4 and shape \(3, 28, 28\)\. Save it as uint8/],
    ['d.npz', /labels of type <i8 and shape \(2\) for 3 images/],
    ['e.npz', /the label 300 for image 2/],
    ['g.npz', /class_names of type <U1 and shape \(262145\)\. .* 1048576 bytes at most/],
    ['h.npz', /class_names that are not a list of .*, all of them different/],
    ['f.npz', /no array of train images \(images, .*only pictures/],
  ] as const) {
    await refused(loadImages(join(root, name)), 'ERR_DCGAN_BAD_DATASET', message)
  }
})

test('train() takes a folder of pictures, with its train and test folders', async () => {
  const root = folder()
  const png = await square(28).getBuffer('image/png')
  for (const split of ['train', 'test'])
    for (const name of ['A', 'B']) for (let i = 0; i < 4; i++) put(join(root, split, name, `${i}.png`), png)
  const gan = kept(new DCGAN({ ...TINY, classes: 2, epochs: 1 }))
  const { step } = await gan.train({ dataset: root, outputDir: null })
  expect(step).toBe(2)
  const empty = folder()
  await refused(gan.trainEpoch(empty), 'ERR_DCGAN_BAD_DATASET', /has no train-images/)
})

test('a .npz file with a ZIP64 record that points far out of it is refused, and does not end the process', async () => {
  const data = zip([{ name: 'images.npy', data: 'x', zip64: true }], { zip64: true })
  const locator = data.length - 22 - 20
  data.writeBigUInt64LE(2n ** 52n, locator + 8)
  const file = join(folder(), 'far.npz')
  put(file, data)
  await expect(loadImages(file)).rejects.toThrow(/far\.npz.*cannot be read: it points out of itself/)
})
