import { DcganError, invalidArgument } from '../errors.js'
import type { HyperParams } from '../hyperparams.js'
import type { NativeSampleRequest } from '../native/types.js'
import { checkInteger, checkKeys, checkSignal, reading } from '../options.js'
import { drawSeed, MAX_SEED } from '../random.js'
import { allocate, copyOf, isFloat32Array, lengthOf } from '../typed-arrays.js'
import { checkLabel, checkLabels, type Labels } from './labels.js'

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
   * Draws an image again until the shipped classifier reads its label with this confidence, 0 to 1. After 20 candidates,
   * the best of them is the result. For a model without classes, the classifier may read any digit.
   *
   * The first candidate is the image that you get without `minConfidence`, and image i is still the same for any
   * `count`. It cannot be used with `latents`, and only with models of ten classes or none.
   */
  minConfidence?: number | undefined
  /** Cancels the images that still wait. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Options of `interpolate()`. */
export interface InterpolateOptions {
  /** The label of all images of a class-conditional model. Default: the label that `fromSeed` draws. */
  label?: number | undefined
  /** Cancels the images that still wait. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Counts of a model's waiting and finished images. */
export interface ServingStats {
  /** Images that wait to be made. */
  waiting: number
  /** Images that were made. */
  served: number
  /** Forward passes that made them. */
  forwards: number
  /** Images in the last forward pass. */
  lastBatch: number
}

/** Checks the arguments of `sample`. */
export function checkSample(
  count: number,
  options: SampleOptions | undefined,
  { latentDim, classes, maxQueue }: Pick<HyperParams, 'latentDim' | 'classes' | 'maxQueue'>,
): { request: NativeSampleRequest; signal: AbortSignal | undefined } {
  checkCount(count)
  const keys = ['seed', 'latents', 'labels', 'minConfidence', 'signal']
  const given = checkKeys('the options of sample()', options, keys)
  const { seed, latents, labels, signal } = given
  const source = checkSource(seed, latents, count, latentDim)
  const minConfidence = checkMinConfidence(given.minConfidence, latents, classes)
  const request = {
    count,
    ...source,
    labels: checkLabels(labels, count, classes),
    fixed: false,
    minConfidence,
  }
  const checked = { request, signal: checkSignal(signal) }
  checkRoom(count, maxQueue)
  return checked
}

/** Checks the arguments of `interpolate`. */
export function checkInterpolation(
  fromSeed: number,
  toSeed: number,
  frames: number,
  options: InterpolateOptions | undefined,
  { classes, maxQueue }: Pick<HyperParams, 'classes' | 'maxQueue'>,
): { label: number | undefined; signal: AbortSignal | undefined } {
  checkInteger('fromSeed', fromSeed, 0, MAX_SEED)
  checkInteger('toSeed', toSeed, 0, MAX_SEED)
  checkInteger('frames', frames, 2, 10_000)
  const { label, signal } = checkKeys('the options of interpolate()', options, ['label', 'signal'])
  const checked = {
    label: label === undefined ? undefined : checkLabel('label', label, classes),
    signal: checkSignal(signal),
  }
  checkRoom(frames, maxQueue)
  return checked
}

/** Checks the images that `saveGrid` shows. Returns undefined for the model's fixed latent vectors. */
export function checkGridSource(
  { seed, latents, labels, count, minConfidence }: Record<string, unknown>,
  { latentDim, classes, outputDim }: Pick<HyperParams, 'latentDim' | 'classes' | 'outputDim'>,
): NativeSampleRequest | undefined {
  if ([seed, latents, labels, count, minConfidence].every(value => value === undefined)) return undefined
  const whole = isFloat32Array(latents)
    ? Math.max(1, Math.floor(lengthOf(latents) / latentDim))
    : outputDim ** 2
  const images = count === undefined ? whole : checkCount(count)
  const source = checkSource(seed, latents, images, latentDim)
  return {
    count: images,
    ...source,
    labels: checkLabels(labels, images, classes),
    fixed: false,
    minConfidence: checkMinConfidence(minConfidence, latents, classes),
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
export function checkRoom(count: number, maxQueue: number): void {
  if (count <= maxQueue) return
  throw new DcganError(
    'ERR_DCGAN_OVERLOADED',
    `${count} images were asked for, and maxQueue is ${maxQueue}: ask for fewer at once, or raise maxQueue`,
  )
}

/** Checks the seed and the latent vectors, of which at most one may be given. */
function checkSource(
  seed: unknown,
  latents: unknown,
  count: number,
  latentDim: number,
): { seed: number; latents: Float32Array | null } {
  if (latents === undefined) {
    return { seed: seed === undefined ? drawSeed() : checkInteger('seed', seed, 0, MAX_SEED), latents: null }
  }
  if (seed !== undefined) throw invalidArgument('seed', 'nothing beside latents', seed)
  return { seed: drawSeed(), latents: reading('latents', () => checkLatents(latents, count, latentDim)) }
}

/** The number of classes that the classifier reads. It cannot judge the labels of models with another number. */
const DIGITS = 10

function checkMinConfidence(value: unknown, latents: unknown, classes: number): number | undefined {
  if (value === undefined) return undefined
  const key = 'minConfidence'
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw invalidArgument(key, 'a number from 0 to 1', value)
  }
  if (latents !== undefined) throw invalidArgument(key, 'nothing beside latents, which are drawn once', value)
  if (classes === 0 || classes === DIGITS) return value
  throw invalidArgument(key, `nothing for a model of ${classes} classes, as the classifier reads ten`, value)
}

function checkLatents(latents: unknown, count: number, latentDim: number): Float32Array {
  // Not instanceof: the array may come from another realm.
  const expected = `a Float32Array of ${count * latentDim} (count × latentDim) finite numbers`
  if (!isFloat32Array(latents) || lengthOf(latents) !== count * latentDim) {
    throw invalidArgument('latents', expected, latents)
  }
  const copy = copyOf(latents)
  const bad = copy.findIndex(value => !Number.isFinite(value))
  if (bad !== -1) throw invalidArgument(`latents[${bad}]`, 'a finite number', copy[bad])
  return copy
}

/**
 * Interpolates `frames` latent vectors along the great circle between two, both ends included (White 2016, "Sampling
 * Generative Networks"). A straight line would pass through shorter vectors than any in training.
 */
export function slerp(from: Float32Array, to: Float32Array, frames: number): Float32Array {
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to)))))
  const sine = Math.sin(angle)
  const path = allocate(() => new Float32Array(frames * from.length))
  for (let frame = 0; frame < frames; frame++) {
    const t = frame / (frames - 1)
    // Parallel vectors span no circle. The straight line is then the same path.
    const [a, b] = sine < 1e-6 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine]
    for (let i = 0; i < from.length; i++) {
      path[frame * from.length + i] = a * (from[i] as number) + b * (to[i] as number)
    }
  }
  return path
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
}
