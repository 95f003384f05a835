import { DcganError } from '../errors.js'
import {
  checkSource,
  type Dataset,
  type DatasetSource,
  loadMnist,
  type TrainingImages,
} from '../mnist/index.js'
import { checkFunction, checkInteger, checkKeys, checkSignal, checkString } from '../options.js'
import { MAX_SEED } from '../random.js'
import { copyOf } from '../typed-arrays.js'
import type { EvaluationProgress } from './evaluation.js'

/** Options of `evaluate()`. */
export interface EvaluateOptions {
  /**
   * Images to make, 2 to 100,000, and as many for the floor. Default 10,000. With fewer the Fréchet distance is larger,
   * so figures can be compared only where the counts are the same.
   */
  count?: number | undefined
  /** Draws the images, as for `sample()`, and those of the floor. Default 0: the same model has the same figures. */
  seed?: number | undefined
  /**
   * Real images to compare with, or a folder of IDX files whose test images are. Default: MNIST's 10,000 test images,
   * as `loadMnist()` finds them. The labels are not needed.
   */
  dataset?: TrainingImages | string | undefined
  /**
   * Real images that the floor's are drawn from, or a folder of IDX files whose training images are. Images that
   * `dataset` holds too are left out. Default: the training images beside the test images, otherwise MNIST's.
   */
  floorDataset?: TrainingImages | string | undefined
  /**
   * A folder where TensorBoard finds the figures, at the step that the model has made; made if it is not there. The
   * one that `train()` was given will do.
   */
  tensorboard?: string | undefined
  /** Stops the evaluation; the call rejects with the signal's reason, and the model stays usable. */
  signal?: AbortSignal | undefined
  /**
   * Told at most ten times a second how far the evaluation is, and once more at the end. If it throws, or returns a
   * promise that rejects, the evaluation stops and rejects with that error.
   */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined
}

/**
 * Checked options of one call.
 *
 * @internal
 */
export interface EvaluationPlan {
  count: number
  seed: number
  tensorboard: string | undefined
  signal: AbortSignal | undefined
  onProgress: EvaluateOptions['onProgress']
  dataset: DatasetSource
  floorDataset: DatasetSource
}

const DEFAULT_COUNT = 10_000
const MAX_COUNT = 100_000
/** Fewer images have no covariance and no neighbours. */
const FEWEST = 2

/**
 * Checks how many images are to be compared.
 *
 * @internal
 */
export function checkEvaluationCount(key: string, count: unknown): number {
  return checkInteger(key, count, FEWEST, MAX_COUNT)
}

/**
 * Checks the options of `evaluate()` and copies the images that they hold.
 *
 * @internal
 */
export function checkEvaluateOptions(options: EvaluateOptions | undefined): EvaluationPlan {
  const keys = ['count', 'seed', 'dataset', 'floorDataset', 'tensorboard', 'signal', 'onProgress']
  const values = checkKeys('the options of evaluate()', options, keys)
  const { count = DEFAULT_COUNT, seed = 0, tensorboard } = values
  const plan = {
    count: checkEvaluationCount('count', count),
    seed: checkInteger('seed', seed, 0, MAX_SEED),
    tensorboard:
      tensorboard === undefined ? undefined : checkString('tensorboard', tensorboard, 'the path of a folder'),
    signal: checkSignal(values.signal),
    onProgress: checkFunction('onProgress', values.onProgress as EvaluateOptions['onProgress']),
  }
  plan.signal?.throwIfAborted()
  // Last, and each at once: until its images are copied nothing may run that could change them.
  const dataset = copied(checkSource(values.dataset))
  return { ...plan, dataset, floorDataset: copied(checkSource(values.floorDataset)) }
}

/**
 * Reads the images to compare with, and those for the floor.
 *
 * @internal
 */
export async function loadImages(plan: EvaluationPlan): Promise<{ real: Dataset; pool: Dataset }> {
  const { dataset, floorDataset = typeof dataset === 'string' ? dataset : undefined } = plan
  const real = typeof dataset === 'object' ? dataset : await loadMnist(dataset, { split: 'test' })
  const pool = typeof floorDataset === 'object' ? floorDataset : await loadMnist(floorDataset)
  if (real.count >= FEWEST) return { real, pool }
  throw new DcganError(
    'ERR_DCGAN_BAD_DATASET',
    'The data set has one image, and figures need two at least. Give a larger one',
  )
}

function copied(source: DatasetSource): DatasetSource {
  if (typeof source !== 'object') return source
  return { ...source, images: copyOf(source.images), labels: copyOf(source.labels) }
}
