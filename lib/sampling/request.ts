import { DcganError, invalidArgument } from '../errors.js'
import { type HyperParams, modelsKey } from '../hyperparams.js'
import { type Check, checkInteger, checkKeys, checkSignal, reading } from '../internal/options.js'
import { drawSeed, MAX_SEED } from '../internal/random.js'
import { copyOf, isFloat32Array, lengthOf, viewOf } from '../internal/typed-arrays.js'
import type { NativeSampleRequest } from '../native/types.js'
import { type Classes, checkLabels, DIGITS, type Labels } from './labels.js'

/** The most images per call. */
export const MAX_COUNT = 1_000_000

/** Options of `sample()`. */
export interface SampleOptions {
  /**
   * Draws the latent vectors: an integer from 0 to 2⁵³ − 1. The same seed and weights give the same images, and image i
   * is the same for any `count`. Random if neither `seed` nor `latents` is given.
   */
  seed?: number | undefined
  /** The latent vectors, `count × latentDim` numbers, one vector after the other. Training draws them standard normal. */
  latents?: Float32Array | undefined
  /**
   * The labels of the images: one for all, or one for each. By default, a class-conditional model draws them uniformly
   * from the seed. A model without classes takes no labels.
   */
  labels?: Labels | undefined
  /**
   * Draws an image again until the classifier reads its label with this confidence, 0 to 1. After 20 candidates,
   * the best of them is the result. For a model without classes, the classifier may read any digit.
   *
   * The first candidate is the image that you get without `minConfidence`, and image i is still the same for any
   * `count`. It cannot be used with `latents`. The classifier that the package ships reads digits. For a model of other
   * images, `evaluate()` trains one first.
   */
  minConfidence?: number | undefined
  /**
   * The factor of the latent vectors, 0 to 10, also of given ones. Default 1. Below 1, images are more alike and more
   * typical (Brock et al. 2018, "the truncation trick").
   */
  truncation?: number | undefined
  /** Cancels the images that still wait. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Options that give a batch labels. */
export interface Labelled {
  /** As in `SampleOptions`. */
  labels: Labels
}

/** Options that give a batch confidences. */
export interface Confident {
  /** As in `SampleOptions`. */
  minConfidence: number
}

/** Checks the arguments of `sample`. */
export function checkSample(
  count: number,
  options: SampleOptions | undefined,
  { maxQueue, ...of }: Pick<HyperParams, 'latentDim' | 'maxQueue'> & Classes,
): { request: NativeSampleRequest; signal: AbortSignal | undefined } {
  checkCount(count)
  const given = checkKeys('the options of sample()', options, [...IMAGE_OPTIONS, 'signal'], modelsKey)
  const checked = { request: checkImages(given, count, of), signal: checkSignal('signal', given.signal) }
  checkFits(count, maxQueue)
  return checked
}

/** The names of the options that say which images to make. */
export const IMAGE_OPTIONS = ['seed', 'latents', 'labels', 'minConfidence', 'truncation'] as const

/** Checks the options that say which images to make. Returns the request for them. */
export function checkImages(
  { seed, latents, labels, minConfidence, truncation }: Record<string, unknown>,
  count: number,
  { latentDim, ...of }: Pick<HyperParams, 'latentDim'> & Classes,
): NativeSampleRequest {
  return {
    count,
    ...checkSeedOrLatents(seed, latents, count, latentDim),
    first: 0,
    labels: checkLabels(labels, count, of),
    oneLabel: false,
    fixed: false,
    minConfidence: checkMinConfidence(minConfidence, latents, of),
    truncation: checkTruncation('truncation', truncation),
  }
}

/** Checks a number of images. */
export function checkCount(count: unknown): number {
  return checkInteger('count', count, 1, MAX_COUNT)
}

/**
 * Checks that the images of one request fit into an empty queue. The queue itself counts the other waiting images.
 *
 * @throws {DcganError} `ERR_DCGAN_OVERLOADED`
 */
export function checkFits(count: number, maxQueue: number): void {
  if (count <= maxQueue) return
  throw new DcganError(
    'ERR_DCGAN_OVERLOADED',
    `${count} images were requested, and maxQueue is ${maxQueue}: request fewer at once, or raise maxQueue`,
  )
}

/** Checks a seed. Draws one if none is given. */
export const checkSeed: Check<number> = (key, value = drawSeed()) => checkInteger(key, value, 0, MAX_SEED)

/** Checks the seed and the latent vectors, of which at most one may be given. */
function checkSeedOrLatents(
  seed: unknown,
  latents: unknown,
  count: number,
  latentDim: number,
): { seed: number; latents: Float32Array | null } {
  if (latents === undefined) return { seed: checkSeed('seed', seed), latents: null }
  if (seed !== undefined) throw invalidArgument('seed', 'nothing', seed, 'latents are given too')
  return { seed: drawSeed(), latents: reading('latents', () => checkLatents(latents, count, latentDim)) }
}

/** Checks a confidence that the classifier must have, and that it can judge the images. */
function checkMinConfidence(
  value: unknown,
  latents: unknown,
  { classes, digits = true }: Classes,
): number | undefined {
  if (value === undefined) return undefined
  const key = 'minConfidence'
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw invalidArgument(key, 'a number from 0 to 1', value)
  }
  if (latents !== undefined)
    throw invalidArgument(key, 'nothing', value, 'latents are given, so no others can be drawn')
  if (!digits || classes === 0 || classes === DIGITS) return value
  throw invalidArgument(key, 'nothing', value, `the model has ${classes} classes, and the classifier ten`)
}

const MAX_TRUNCATION = 10

/** Checks the factor of the latent vectors. */
export const checkTruncation: Check<number> = (key, value = 1) => {
  if (typeof value === 'number' && value >= 0 && value <= MAX_TRUNCATION) return value
  throw invalidArgument(key, `a number from 0 to ${MAX_TRUNCATION}`, value)
}

function checkLatents(latents: unknown, count: number, latentDim: number): Float32Array {
  // instanceof would refuse an array of another realm.
  const expected = `a Float32Array of ${count * latentDim} (count × latentDim) finite numbers`
  if (!isFloat32Array(latents) || lengthOf(latents) !== count * latentDim) {
    throw invalidArgument('latents', expected, latents)
  }
  const copy = copyOf(viewOf(latents, count * latentDim))
  const bad = copy.findIndex(value => !Number.isFinite(value))
  if (bad !== -1) throw invalidArgument(`latents[${bad}]`, 'a finite number', copy[bad])
  return copy
}
