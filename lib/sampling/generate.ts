import { type HyperParams, modelsKey } from '../hyperparams.js'
import { callback, checkOptions, checkSignal, integer, orElse, unchecked } from '../internal/options.js'
import type { NativeSampleRequest } from '../native/types.js'
import { type Classes, checkLabel, checkLabels, type Labels, withoutClasses } from './labels.js'
import { checkSeed, checkTruncation } from './request.js'

/** Options of `generate()`. */
export interface GenerateOptions {
  /** How many images, 1 to 10,000,000. */
  count: number
  /**
   * `'balanced'`: all classes equally often, one after another. Otherwise as for `sample()`: one label for all images, or a
   * list with one for each. By default, a class-conditional model draws them uniformly from the seed.
   */
  labels?: 'balanced' | Labels | undefined
  /** Images of each batch, 1 to `maxQueue`. Default 128. It does not change the images. */
  batch?: number | undefined
  /** As for `sample()`: image i is image i of `sample(count, { seed })`. Random by default. */
  seed?: number | undefined
  /** The factor of the latent vectors, as for `sample()`. Default 1. */
  truncation?: number | undefined
  /** Stops generating. The loop then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /**
   * Called after each batch, at most ten times per second, and at the end. It is awaited. An error that it throws or
   * rejects with ends the loop.
   */
  onProgress?: ((progress: GenerateProgress) => unknown) | undefined
}

/** How far `generate()` is. */
export interface GenerateProgress {
  /** Images made so far. */
  done: number
  /** Images in all. */
  count: number
  /** Images per second since the first batch was requested. */
  imagesPerSecond: number
  /** Seconds until the end, at that speed. */
  etaSeconds: number
}

/** Returns the labels of some images. Undefined: the seed draws them, or the model has no classes. */
type LabelsOf = ((first: number, count: number) => Uint8Array) | undefined

const MAX_COUNT = 10_000_000
const DEFAULT_BATCH = 128
const INTERVAL_MS = 100
/**
 * Garbage that is made on purpose, in array elements per image. V8 frees the pixels of used batches only when it collects
 * young objects: after 32 MiB of pixels, or after 1 MiB of other objects. This makes it collect after a few batches.
 */
const YOUNG_PER_IMAGE = 240

/** Checks the options of `generate()`. */
export function checkGenerate(
  options: GenerateOptions,
  { maxQueue, ...of }: Pick<HyperParams, 'maxQueue'> & Classes,
) {
  const checks = {
    count: integer(1, MAX_COUNT),
    labels: unchecked,
    batch: orElse(Math.min(DEFAULT_BATCH, maxQueue), integer(1, maxQueue, ' (maxQueue)')),
    seed: checkSeed,
    truncation: checkTruncation,
    signal: checkSignal,
    onProgress: callback<GenerateOptions['onProgress']>(),
  }
  const plan = checkOptions('the options of generate()', options, checks, modelsKey)
  return { ...plan, labels: labelsOf(plan.labels, plan.count, of) }
}

/** Checked options of `generate()`. */
export type GeneratePlan = ReturnType<typeof checkGenerate>

/** Yields a request for each batch of a plan, and reports what was made of them. */
export async function* requestsOf({
  count,
  batch,
  seed,
  truncation,
  labels,
  onProgress,
}: GeneratePlan): AsyncGenerator<NativeSampleRequest> {
  const begin = performance.now()
  let reported = begin
  let young: unknown[] = []
  for (let first = 0; first < count; first += batch) {
    const size = Math.min(batch, count - first)
    // Nothing reads this: it is the garbage.
    young = new Array(size * YOUNG_PER_IMAGE)
    young.length = 0
    const images = { count: size, seed, first, latents: null, labels: labels?.(first, size), truncation }
    yield { ...images, oneLabel: false, fixed: false, minConfidence: undefined }
    const now = performance.now()
    const done = first + size
    if (done < count && now - reported < INTERVAL_MS) continue
    reported = now
    const imagesPerSecond = (1000 * done) / (now - begin)
    await onProgress?.({ done, count, imagesPerSecond, etaSeconds: (count - done) / imagesPerSecond })
  }
}

function labelsOf(labels: unknown, count: number, of: Classes): LabelsOf {
  const { classes } = of
  if (labels === 'balanced' && !of.classNames?.includes(labels)) {
    if (classes === 0) throw withoutClasses('labels', labels)
    return (first, size) => Uint8Array.from({ length: size }, (_, i) => (first + i) % classes)
  }
  if (labels === undefined) return undefined
  if (typeof labels === 'number' || typeof labels === 'string') {
    const label = checkLabel('labels', labels, of)
    return (_, size) => new Uint8Array(size).fill(label)
  }
  const all = checkLabels(labels, count, of) as Uint8Array
  return (first, size) => all.slice(first, first + size)
}
