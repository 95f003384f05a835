import { checkSource, type DatasetSource, mnistOfNow, type TrainingImages } from '../datasets/index.js'
import { invalidArgument } from '../errors.js'
import { modelsKey } from '../hyperparams.js'
import { path } from '../internal/files.js'
import {
  callback,
  checkInteger,
  checkOptions,
  checkSignal,
  integer,
  oneOf,
  optional,
  orElse,
  unchecked,
} from '../internal/options.js'
import { MAX_SEED } from '../internal/random.js'
import { copyOf } from '../internal/typed-arrays.js'
import { classifierFiles } from '../native/classifier.js'
import type { EvaluationProgress } from './evaluation.js'

/** Options of `evaluate()`. */
export interface EvaluateOptions {
  /**
   * Images to make, 2 to 100,000, and as many for the floor. Default 10,000. With fewer images the Fréchet distance is
   * larger, so compare only figures of the same count.
   */
  count?: number | undefined
  /**
   * Draws the images, as for `sample()`, and the images of the floor. Default 0, so the same model has the same
   * figures.
   */
  seed?: number | undefined
  /**
   * Real images to compare with, or a folder with test images. Default: MNIST's 10,000 test images, as `loadMnist()`
   * finds them; for a model that was trained on other images, the images of its folder, or half of the images themselves.
   * Classes with the names of the model's classes get the model's labels.
   */
  dataset?: TrainingImages | string | undefined
  /**
   * Real images to draw the floor's images from, or a folder with training images. Images that are also in
   * `dataset` are left out. Default: the training images in the folder `dataset`, otherwise MNIST's; for other images the
   * other half.
   */
  floorDataset?: TrainingImages | string | undefined
  /**
   * Labels of the images to make. `'dataset'` (default): each as often as among the images to compare with, as far as
   * `count` allows, so that the shares of the classes add nothing to the distance. `'uniform'`: as `sample()` draws them;
   * so are the labels where the images to compare with have none, or have other classes.
   */
  labels?: 'dataset' | 'uniform' | undefined
  /**
   * Also trains a small classifier on generated images, and another one on as many real images of the pool, which takes
   * minutes: the share of the images to compare with that each reads correctly is the classification accuracy score. True
   * for 20,000 images, or their number, 100 to 100,000. Only for models with classes.
   */
  accuracyScore?: boolean | number | undefined
  /**
   * A folder for TensorBoard's event files, created if necessary: it gets the figures, at the model's current step. It may
   * be the folder of `train()`.
   */
  tensorboard?: string | undefined
  /** Stops the evaluation. The call rejects with the signal's reason, and the model stays usable. */
  signal?: AbortSignal | undefined
  /**
   * Called with the progress at most ten times per second, and at the end. If it throws, or returns a promise that
   * rejects, the evaluation stops and rejects with that error.
   */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined
}

/** Images of an evaluation. */
export const DEFAULT_COUNT = 10_000
const MAX_COUNT = 100_000
const DEFAULT_SCORE_COUNT = 20_000
const FEWEST_SCORED = 100
/** One image has no covariance and no neighbours. */
const FEWEST = 2

/** Checks the number of images to compare. */
export function checkEvaluationCount(key: string, count: unknown): number {
  return checkInteger(key, count, FEWEST, MAX_COUNT)
}

/** Checks the options of `evaluate()` and copies the images that they hold. */
export function checkEvaluateOptions(options: EvaluateOptions | undefined) {
  const checks = {
    count: orElse(DEFAULT_COUNT, checkEvaluationCount),
    seed: orElse(0, integer(0, MAX_SEED)),
    dataset: unchecked,
    floorDataset: unchecked,
    labels: orElse('dataset', oneOf('dataset', 'uniform')),
    accuracyScore: checkAccuracyScore,
    tensorboard: optional(path('the path of a folder')),
    signal: checkSignal,
    onProgress: callback<EvaluateOptions['onProgress']>(),
  }
  const plan = checkOptions('the options of evaluate()', options, checks, modelsKey)
  // MNIST and the classifiers are read later, from where they are now.
  const now = { mnist: mnistOfNow(), classifierFiles: classifierFiles() }
  plan.signal?.throwIfAborted()
  // After all other checks: between a check and the copy of its images, no code of the caller may run.
  const dataset = copied(checkSource(plan.dataset))
  const floorDataset = copied(checkSource(plan.floorDataset))
  return { ...plan, ...now, dataset, floorDataset }
}

/** Checked options of one call. `accuracyScore`: the number of images for it; 0 for no score. */
export type EvaluationPlan = ReturnType<typeof checkEvaluateOptions>

function checkAccuracyScore(key: string, value: unknown): number {
  if (value === undefined || value === false) return 0
  if (value === true) return DEFAULT_SCORE_COUNT
  if (typeof value === 'number') return checkInteger(key, value, FEWEST_SCORED, MAX_COUNT)
  throw invalidArgument(key, 'true, false or a number of images', value)
}

function copied(source: DatasetSource): DatasetSource {
  if (typeof source !== 'object') return source
  return { ...source, images: copyOf(source.images), labels: copyOf(source.labels) }
}
