import { type Dataset, loadMnist, subset, type TrainingImages } from '../../lib/index'
import { pixels } from './idxFiles'

const dataset: Dataset = {
  images: pixels(5),
  labels: Uint8Array.of(7, 1, 7, 0, 9),
  count: 5,
  width: 28,
  height: 28,
}
const image = (i: number) => dataset.images.slice(i * 784, (i + 1) * 784)
const images = (...indices: number[]) => Buffer.concat(indices.map(image))

test('a number takes the first images, with their labels', () => {
  const part: Dataset = subset(dataset, 2)
  expect({ ...part, images: Buffer.from(part.images) }).toEqual({
    images: images(0, 1),
    labels: Uint8Array.of(7, 1),
    count: 2,
    width: 28,
    height: 28,
  })
})

test('indices take these images in their order, also an image twice', () => {
  const part = subset(dataset, Uint32Array.of(4, 0, 4))
  expect(part.labels).toEqual(Uint8Array.of(9, 7, 9))
  expect(Buffer.from(part.images)).toEqual(images(4, 0, 4))
})

test('it is a copy: what happens to the data set afterwards changes nothing', () => {
  const own = { ...dataset, images: dataset.images.slice(), labels: dataset.labels.slice() }
  const part = subset(own, [1])
  own.images.fill(0)
  own.labels.fill(0)
  expect([Buffer.from(part.images), part.labels]).toEqual([images(1), Uint8Array.of(1)])
})

test('a length that the labels claim for themselves is not believed', () => {
  const labels = Object.defineProperty(Uint8Array.of(5, 6), 'length', { value: 0 })
  const dataset = { images: new Uint8Array(2 * 784), labels, count: 2, width: 28, height: 28 }
  expect(subset(dataset, [1]).labels).toEqual(Uint8Array.of(6))
})

test('images without labels have none afterwards', () => {
  const { labels: _, ...unlabelled } = dataset
  const part: TrainingImages = subset(unlabelled, 3)
  expect(part).toEqual({ images: expect.any(Uint8Array), count: 3, width: 28, height: 28 })
})

test('the sevens of MNIST', async () => {
  const mnist = await loadMnist({ split: 'test' })
  const sevens = subset(mnist, Array.from(mnist.labels.keys()).filter(i => mnist.labels[i] === 7)) // biome-ignore format: one call
  expect(sevens.count).toBe(1028)
  expect(new Set(sevens.labels)).toEqual(new Set([7]))
})

test.each<[unknown, unknown, string, string]>([
  [{ ...dataset, count: 6 }, 1, 'ERR_DCGAN_BAD_DATASET', '6 images of 28×28'],
  [undefined, 1, 'ERR_DCGAN_INVALID_ARGUMENT', 'for dataset'],
  [dataset, 0, 'ERR_DCGAN_INVALID_ARGUMENT', 'an integer from 1 to 5 for which but received 0'],
  [dataset, 6, 'ERR_DCGAN_INVALID_ARGUMENT', 'an integer from 1 to 5 for which but received 6'],
  [dataset, [], 'ERR_DCGAN_INVALID_ARGUMENT', 'a list of one index or more, for which'],
  [dataset, null, 'ERR_DCGAN_INVALID_ARGUMENT', 'a list of one index or more, for which'],
  [dataset, { length: 1e15 }, 'ERR_DCGAN_INVALID_ARGUMENT', 'which'],
  [dataset, [0, 5], 'ERR_DCGAN_INVALID_ARGUMENT', 'an integer from 0 to 4 for which[1] but received 5'],
  [dataset, [-1], 'ERR_DCGAN_INVALID_ARGUMENT', 'for which[0] but received -1'],
])('what cannot be taken is refused with a code: %#', (given, which, code, message) => {
  expect(() => subset(given as Dataset, which as number)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})
