import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { ImageBatch, loadImages, loadMnist, type WrittenDataset, writeDataset } from '../../lib/index'
import { equal, tiny } from '../support/dcgan'
import { invalid, refused } from '../support/failure'
import { folder } from '../support/folder'
import { pixels } from './idxFiles'

const PYTHON = '/opt/pytorch/bin/python'
const withNumPy = existsSync(PYTHON) ? test : test.skip

const LABELS = Uint8Array.of(0, 1, 2, 1, 0)
const labelled = { images: pixels(5), labels: LABELS, count: 5, width: 28, height: 28 }
const named = { ...labelled, classNames: ['A', 'B b', 'ç'] }

test('the files of MNIST, which loadMnist() reads back', async () => {
  const root = join(folder(), 'new', 'set')
  expect(await writeDataset(labelled, root)).toEqual<WrittenDataset>({
    count: 5,
    files: [join(root, 'train-images-idx3-ubyte'), join(root, 'train-labels-idx1-ubyte')],
  })
  expect(readdirSync(root).sort()).toEqual(['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'])
  expect(await loadMnist(root)).toEqual(labelled)
})

test.each(['idx', 'npz', 'png'] as const)(
  '%s keeps images, labels and names for loadImages()',
  async format => {
    const root = folder()
    await writeDataset(named, root, { format })
    const read = await loadImages(root, { invert: false })
    const order = Array.from(read.labels.keys()).sort((a, b) => key(read.images, a) - key(read.images, b))
    expect(read.classNames).toEqual(named.classNames)
    expect(order.map(i => read.labels[i])).toEqual(
      Array.from(LABELS.keys())
        .sort((a, b) => key(labelled.images, a) - key(labelled.images, b))
        .map(i => LABELS[i]),
    )
    expect(readdirSync(root).filter(name => name.includes('.tmp'))).toEqual([])
  },
)

/** Identifies an image of `pixels()`. */
function key(images: Uint8Array, i: number): number {
  return Buffer.from(images).readUInt32BE(i * 784)
}

test('images without labels stay without', async () => {
  const { labels, ...plain } = labelled
  for (const format of ['idx', 'npz', 'png'] as const) {
    const root = folder()
    await writeDataset(plain, root, { format })
    const read = await loadImages(root, { invert: false })
    expect([read.count, read.labels.length]).toEqual([5, 0])
    expect(equal(read.images, labelled.images)).toBe(true)
  }
})

test('a batch, lists of batches and iterables of them are written, whatever their number', async () => {
  const gan = tiny({ classes: 3 })
  const expected = await gan.sample(700, { seed: 3, labels: Array.from({ length: 700 }, (_, i) => i % 3) })
  const sources = [
    expected,
    [expected.slice(0, 1), expected.slice(1)],
    gan.generate({ count: 700, seed: 3, labels: 'balanced', batch: 64 }),
  ]
  for (const source of sources) {
    const root = folder()
    const done: number[] = []
    const { count } = await writeDataset(source, root, { onProgress: progress => done.push(progress.done) })
    expect([count, done.at(-1)]).toEqual([700, 700])
    const { images, labels } = await loadMnist(root)
    expect(equal(images, expected.pixels)).toBe(true)
    expect(equal(labels, expected.labels)).toBe(true)
  }
})

withNumPy('NumPy reads the file: images, labels and names', async () => {
  const root = folder()
  await writeDataset(named, root, { format: 'npz' })
  const script = `
import numpy as np
file = np.load('${join(root, 'dataset.npz')}')
print(sorted(file.files), file['images'].shape, file['images'].dtype, file['labels'].tolist(), file['class_names'].tolist())
assert file['images'].tobytes() == bytes((i * 31 + (i >> 5)) & 255 for i in range(5 * 784))`
  const printed = execFileSync(PYTHON, ['-c', script], { encoding: 'utf8' })
  expect(printed).toBe(
    "['class_names', 'images', 'labels'] (5, 28, 28) uint8 [0, 1, 2, 1, 0] ['A', 'B b', 'ç']\n",
  )
})

test('an error of the source, or a signal, leaves nothing behind', async () => {
  const root = folder()
  const broken = new Error('broken')
  async function* failing() {
    yield new ImageBatch(pixels(2))
    throw broken
  }
  await expect(writeDataset(failing(), root)).rejects.toBe(broken)
  const reason = new Error('enough')
  const controller = new AbortController()
  const writing = writeDataset(labelled, root, {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  })
  await writing
  await expect(writeDataset(labelled, root, { signal: controller.signal, format: 'npz' })).rejects.toBe(
    reason,
  )
  expect(readdirSync(root).sort()).toEqual(['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'])
})

test('onProgress is awaited, and its error ends the call', async () => {
  const root = folder()
  let done = false
  const slow = async () => {
    await setTimeout(20)
    done = true
  }
  await writeDataset(labelled, root, { onProgress: slow })
  expect(done).toBe(true)
  const broken = new Error('broken')
  const failing = writeDataset(labelled, root, { onProgress: () => Promise.reject(broken) })
  await expect(failing).rejects.toBe(broken)
})

test.each(['idx', 'npz', 'png'] as const)(
  '%s has the images of the call, whatever the caller does to them afterwards',
  async format => {
    const [root, batchRoot] = [folder(), folder()]
    const set = { ...labelled, images: labelled.images.slice(), labels: LABELS.slice() }
    const batch = new ImageBatch(labelled.images.slice(), LABELS.slice())
    const writing = Promise.all([
      writeDataset(set, root, { format }),
      writeDataset(batch, batchRoot, { format }),
    ])
    for (const array of [set.images, set.labels, batch.pixels, batch.labels as Uint8Array]) array.fill(1)
    await writing
    for (const each of [root, batchRoot]) {
      const { images, labels } = await loadImages(each, { invert: false })
      expect([...labels].sort()).toEqual([...LABELS].sort())
      expect(Buffer.from(images).equals(Buffer.alloc(images.length, 1))).toBe(false)
    }
  },
)

test.each([
  [['A', 'b/c', '001']],
  [['000', '002', '001']],
  [['train', 'test', 'validation']],
  [['__MACOSX', '.', 'B']],
  [['𝒜'.repeat(64), 'B', 'C']],
])('each class has a folder of its own, whatever its name: %j', async classNames => {
  const root = folder()
  await writeDataset({ ...labelled, classNames }, root, { format: 'png' })
  const { count, labels, classNames: folders } = await loadImages(root, { invert: false })
  expect([count, [...labels]]).toEqual([5, [0, 0, 1, 1, 2]])
  expect(folders).toEqual(['000', '001', '002'])
})

test('the folders have the names of the classes, in every script', async () => {
  const root = folder()
  const classNames = ['हिन्दी', 'ไทย', '猫 2.0']
  await writeDataset({ ...labelled, classNames }, root, { format: 'png' })
  expect(readdirSync(root).sort()).toEqual([...classNames].sort())
})

const withProc = existsSync('/proc/self') ? test : test.skip

withProc('a folder that the system calls missing again and again is refused', async () => {
  await refused(writeDataset(labelled, '/proc/none/such'), 'ERR_DCGAN_IO', /Cannot create \/proc\/none\/such/)
})

test('PNG files go into an empty folder only', async () => {
  const root = folder()
  writeFileSync(join(root, 'other.png'), 'x')
  await refused(writeDataset(labelled, root, { format: 'png' }), 'ERR_DCGAN_IO', /is not empty/)
})

test.each<[unknown, Record<string, unknown>, RegExp]>([
  [labelled, { format: 'csv' }, /'idx', 'npz' or 'png' for format but received "csv"/],
  [labelled, { fromat: 'idx' }, /Unknown key "fromat".*Did you mean format\?/],
  [null, {}, /a data set, or what generate\(\) returns, for source but received null/],
  [[], {}, /an image at least for source/],
  [[5], {}, /an iterable of ImageBatch for source but received 5/],
  [{ ...labelled, count: '5' }, {}, /an integer for dataset\.count/],
])('%p with %j is refused', async (source, options, message) => {
  await invalid(writeDataset(source as never, folder(), options as never), message)
})
