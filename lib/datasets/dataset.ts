import { types } from 'node:util'
import { badDataset, type DcganError, invalidArgument } from '../errors.js'
import { areClassNames, CLASS_NAMES_RULE, MAX_CLASSES } from '../internal/class-names.js'
import { checkPath } from '../internal/files.js'
import { reading } from '../internal/options.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import { lengthOf, viewOf } from '../internal/typed-arrays.js'
import { IMAGE_ADVICE } from './idx.js'

/** Grey images with their labels. */
export interface Dataset {
  /** `count` × `height` × `width` grey levels, image by image and row by row, 0 black to 255 white. */
  images: Uint8Array
  /** The label of each image: `count` values, 0 to 9 in MNIST. */
  labels: Uint8Array
  /** How many images there are, from 1. */
  count: number
  /** 28, in pixels. */
  width: number
  /** 28, in pixels. */
  height: number
  /** The name of each class: label i is `classNames[i]`. */
  classNames?: readonly string[] | undefined
}

/** Images to train on: a `Dataset` with optional labels, because a model without classes does not use them. */
export type TrainingImages = Omit<Dataset, 'labels'> & {
  /** As in a `Dataset`. A class-conditional model needs them; others do not use them. */
  labels?: Uint8Array | undefined
}

/** Makes a data set of 28×28 images that lie one after the other. `labels`: one for each image, or none. */
export function datasetOf(
  images: Uint8Array,
  labels: Uint8Array,
  classNames: readonly string[] | undefined,
): Dataset {
  const count = images.length / PIXELS
  return { images, labels, count, width: SIDE, height: SIDE, ...(classNames && { classNames }) }
}

/** The images of a call: images, or a folder of them. */
export type DatasetSource = Dataset | string | undefined

/** Checks the caller's data set. The result still holds the caller's images: copy them before other code can run. */
export function checkSource(value: unknown): DatasetSource {
  if (typeof value === 'string') return checkPath('dataset', value, 'the path of a folder')
  return value === undefined ? undefined : checkDataset(value)
}

/**
 * Checks a data set that a caller made. First the types (`ERR_DCGAN_INVALID_ARGUMENT`, which names the key), then
 * whether its parts fit each other and the networks (`ERR_DCGAN_BAD_DATASET`). Returns a plain object with views
 * of the arrays, which keep their lengths; missing labels become an empty array.
 */
export function checkDataset(value: unknown): Dataset {
  return reading('dataset', () => checkParts(value))
}

function checkParts(value: unknown): Dataset {
  if (typeof value !== 'object' || value === null) {
    throw invalidArgument('dataset', 'a Dataset or the path of a folder of images', value)
  }
  const {
    images,
    labels = new Uint8Array(0),
    count,
    width,
    height,
    classNames,
  } = value as Record<string, unknown>
  // The names are checked first, because reading a list may run code of the caller.
  const names = checkClassNames(classNames)
  // instanceof would refuse an array of another realm.
  if (!types.isUint8Array(images)) throw invalidArgument('dataset.images', 'a Uint8Array', images)
  if (!types.isUint8Array(labels)) throw invalidArgument('dataset.labels', 'a Uint8Array', labels)
  if (!isInteger(count)) throw invalidArgument('dataset.count', 'an integer', count)
  if (!isInteger(width)) throw invalidArgument('dataset.width', 'an integer', width)
  if (!isInteger(height)) throw invalidArgument('dataset.height', 'an integer', height)

  if (width !== SIDE || height !== SIDE) {
    throw misfit(`its images are ${width}×${height} pixels. ${IMAGE_ADVICE}`)
  }
  if (count < 1) throw misfit(`its count is ${count}. Give at least one image`)
  const [bytes, labelled] = [lengthOf(images), lengthOf(labels)]
  if (bytes !== count * PIXELS) {
    const colour = COLOURS[bytes / (count * PIXELS)]
    if (colour !== undefined) throw misfit(`dataset.images seems to be ${colour}. ${IMAGE_ADVICE}`)
    const needed = `${count} images of ${SIDE}×${SIDE} take ${count * PIXELS} bytes`
    throw misfit(`${needed} and dataset.images has ${bytes}. Correct count or images`)
  }
  if (labelled !== 0 && labelled !== count) {
    throw misfit(`it has ${count} images and ${labelled} labels. Give a label for each, or none`)
  }
  return datasetOf(viewOf(images, bytes), viewOf(labels, labelled), names)
}

function checkClassNames(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  const names =
    Array.isArray(value) && value.length <= MAX_CLASSES ? Array.from(value as unknown[]) : undefined
  if (!areClassNames(names)) throw invalidArgument('dataset.classNames', CLASS_NAMES_RULE, value)
  return Object.freeze(names)
}

/**
 * Checks that a class-conditional model can learn from a data set: each image has a label, and each label is below
 * `classes`.
 *
 * @throws {DcganError} `ERR_DCGAN_BAD_DATASET`
 */
export function checkLabelled({ labels, count }: Dataset, classes: number): void {
  if (classes === 0) return
  if (lengthOf(labels) !== count) {
    throw misfit(
      'it has no labels, and a model with classes learns from them. Give labels, or set classes to 0',
    )
  }
  const bad = labels.findIndex(label => label >= classes)
  if (bad === -1) return
  throw misfit(
    `image ${bad} has the label ${labels[bad]}, and the model has ${classes} classes. Raise classes, or correct the labels`,
  )
}

/** The kind of image, by its bytes per pixel. */
const COLOURS: Record<number, string> = {
  3: 'RGB, with 3 bytes per pixel',
  4: 'RGBA, with 4 bytes per pixel',
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function misfit(wrong: string): DcganError {
  return badDataset(`The data set does not fit: ${wrong}`)
}
