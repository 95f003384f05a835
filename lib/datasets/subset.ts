import { invalidArgument } from '../errors.js'
import { checkInteger, reading } from '../internal/options.js'
import { PIXELS } from '../internal/sizes.js'
import { allocate, lengthOf } from '../internal/typed-arrays.js'
import { checkDataset, type Dataset, type TrainingImages } from './dataset.js'

/**
 * Copies some images of a data set, with their labels. Use it for first experiments that take seconds, or to train on
 * some of the classes.
 *
 * @param dataset as `loadMnist()` returns it, or your own
 * @param which a number takes that many images from the beginning (MNIST is shuffled); a list takes the images with these
 *   indices, in this order
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, `ERR_DCGAN_BAD_DATASET`
 *
 * @example
 * import { loadMnist, subset } from 'libtorch-dcgan'
 *
 * const mnist = await loadMnist()
 * const ten = subset(mnist, 10)
 * const sevens = subset(mnist, Array.from(mnist.labels.keys()).filter(i => mnist.labels[i] === 7))
 */
export function subset(dataset: Dataset, which: number | ArrayLike<number>): Dataset
/** The same for images that may have no labels. */
export function subset(dataset: TrainingImages, which: number | ArrayLike<number>): TrainingImages
export function subset(dataset: TrainingImages, which: number | ArrayLike<number>): TrainingImages {
  const { images, labels, count, width, height, classNames } = checkDataset(dataset)
  const labelled = lengthOf(labels)
  const indices = checkIndices(which, count)
  // Reading the list may have run code of the caller, which may have changed the arrays.
  if (lengthOf(images) !== count * PIXELS || lengthOf(labels) !== labelled) {
    throw invalidArgument('which', 'a list that changes no image while it is read', which)
  }
  const copies = allocate(() => new Uint8Array(indices.length * PIXELS))
  indices.forEach((index, i) => {
    copies.set(images.subarray(index * PIXELS, (index + 1) * PIXELS), i * PIXELS)
  })
  const part = { images: copies, count: indices.length, width, height, ...(classNames && { classNames }) }
  return labelled === 0 ? part : { ...part, labels: Uint8Array.from(indices, i => labels[i] as number) }
}

/** The images of a longer list would fit into no array. */
const MAX_LENGTH = 2 ** 32

function checkIndices(which: unknown, count: number): Uint32Array {
  if (typeof which === 'number') {
    return new Uint32Array(checkInteger('which', which, 1, count)).map((_, i) => i)
  }
  return reading('which', () => {
    const { length } = Object(which) as ArrayLike<unknown>
    if (!Number.isSafeInteger(length) || length < 1 || length > MAX_LENGTH) {
      throw invalidArgument('which', 'a number of images, or a list of one index or more,', which)
    }
    const indices = allocate(() => new Uint32Array(length))
    for (let i = 0; i < length; i++) {
      indices[i] = checkInteger(`which[${i}]`, (which as ArrayLike<unknown>)[i], 0, count - 1)
    }
    return indices
  })
}
