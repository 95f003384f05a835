import { CheckpointKeeper } from '../checkpoint/keeper.js'
import { checkSource, type DatasetSource, type TrainingImages } from '../datasets/index.js'
import { invalidArgument } from '../errors.js'
import { checkEvaluateOptions, type EvaluateOptions, type EvaluationPlan } from '../evaluation/options.js'
import { modelsKey } from '../hyperparams.js'
import { checkPath } from '../internal/files.js'
import { checkBoolean, checkFunction, checkInteger, checkKeys, checkSignal } from '../internal/options.js'
import type { Progress } from './progress.js'
import type { EpochSummary } from './run.js'

/** Options of `trainEpoch()`, and of `train()` too. */
export interface EpochOptions {
  /**
   * Called with the progress at most ten times per second, for each step with a snapshot, and at the end. If it throws,
   * or returns a promise that rejects, training stops after its step and rejects with that error. The call resolves
   * when all promises that it returned have resolved.
   */
  onProgress?: ((progress: Progress) => void) | undefined
  /** Stops training after its step. The call rejects with the signal's reason, and the model stays usable. */
  signal?: AbortSignal | undefined
  /**
   * Allows another data set than the one that a loaded model was trained on. Default false: another one is
   * `ERR_DCGAN_BAD_DATASET`. A model that was not loaded accepts any data set. With other images than before, the average
   * of the weights, its warm-up and the lists of learning rates and penalties begin again.
   */
  newData?: boolean | undefined
}

/** Options of `train()`. */
export interface TrainOptions extends EpochOptions {
  /**
   * Images to train on, or the path of a folder that `loadMnist()` or `loadImages()` reads. Default: MNIST's 60,000, as
   * `loadMnist()` finds them.
   */
  dataset?: TrainingImages | string | undefined
  /** Folder for the snapshots and the GIF, created if necessary; `null` for none. Default `'output'`. */
  outputDir?: string | null | undefined
  /** The most steps of this call, 1 to 1,000,000,000. Default: to the end of the last epoch. */
  maxSteps?: number | undefined
  /**
   * A CSV file of the losses, one row per step: the step, from 1; its epoch, from 1; the discriminator's loss; its parts
   * for real and for generated images (empty for the relativistic loss); the generator's loss; the gradient penalties.
   * A model that continues keeps the rows up to its step and adds to them.
   */
  log?: string | undefined
  /**
   * A folder of event files for TensorBoard, created if necessary: losses, penalties, learning rates, images per second,
   * and the snapshots, also if `outputDir` is null. Each call adds a file. If the model makes steps again that the folder
   * already has, TensorBoard forgets the earlier ones.
   */
  tensorboard?: string | undefined
  /**
   * Called after each whole epoch, and awaited: it may sample and save. If it throws or rejects, training ends with that
   * error.
   */
  onEpoch?: ((result: EpochSummary) => unknown) | undefined
  /**
   * Epochs from one evaluation to the next, or an object with them and with options of `evaluate()`. `onEpoch` gets the
   * figures, and so do the log and TensorBoard. Not in a distributed run.
   */
  evaluateEvery?: number | EvaluateEvery | undefined
  /**
   * Keeps the best model that was evaluated in `best.safetensors`, in `outputDir` or next to the checkpoint: the one with
   * the smallest Fréchet distance. Evaluates after each epoch unless `evaluateEvery` says otherwise.
   */
  keepBest?: 'frechetDistance' | undefined
  /** Keeps a file from which `DCGAN.load()` and `train()` continue exactly. Also written at the end and on abort. */
  checkpoint?: CheckpointOptions | undefined
}

/** How often a training run is evaluated, and how. */
export interface EvaluateEvery extends Omit<EvaluateOptions, 'tensorboard' | 'signal' | 'onProgress'> {
  /** Epochs from one evaluation to the next, 1 to 1,000,000. Default 1. */
  epochs?: number | undefined
}

/** Where and how often a training run is saved. */
export interface CheckpointOptions {
  /** The file of the newest checkpoint, replaced atomically. */
  path: string
  /** Steps from one checkpoint to the next, 1 to 1,000,000,000. Default: an epoch. */
  everySteps?: number | undefined
  /** The number of older checkpoints to keep, from 0. Default 1. */
  keep?: number | undefined
}

/**
 * What a call trains on.
 *
 * @internal
 */
export interface Material {
  source: DatasetSource
  signal: AbortSignal | undefined
  newData: boolean
  onProgress: EpochOptions['onProgress']
}

/**
 * The folder for snapshots.
 *
 * @internal
 */
export interface OutputDir {
  /** Absolute, so that \`process.chdir()\` does not move it. */
  path: string
  /** As the caller gave it, for the paths in results. */
  given: string
}

/**
 * Checked options of `train()`.
 *
 * @internal
 */
export interface TrainPlan extends Material {
  outputDir: OutputDir | null
  keeper: CheckpointKeeper | undefined
  checkpointEvery: number | undefined
  maxSteps: number | undefined
  log: string | undefined
  tensorboard: string | undefined
  onEpoch: TrainOptions['onEpoch']
  evaluation: EvaluationEvery | undefined
  keepsBest: boolean
}

/**
 * Checked option `evaluateEvery`.
 *
 * @internal
 */
export interface EvaluationEvery {
  epochs: number
  plan: EvaluationPlan
}

const MAX_STEPS = 1_000_000_000
const MAX_EPOCHS = 1_000_000
const KEYS: readonly (keyof TrainOptions)[] = [
  'dataset',
  'outputDir',
  'onProgress',
  'signal',
  'checkpoint',
  'newData',
  'maxSteps',
  'log',
  'tensorboard',
  'onEpoch',
  'evaluateEvery',
  'keepBest',
]

/**
 * Checks the options of `train()`.
 *
 * @internal
 */
export function checkTrainOptions(options: TrainOptions | undefined): TrainPlan {
  const values = checkKeys('the options of train()', options, KEYS, modelsKey)
  const { outputDir = 'output', checkpoint, maxSteps, log, tensorboard, keepBest, evaluateEvery } = values
  return checkMaterial(values.dataset, {
    ...checkControls(values),
    outputDir: outputDir === null ? null : checkOutputDir(outputDir),
    maxSteps: maxSteps === undefined ? undefined : checkInteger('maxSteps', maxSteps, 1, MAX_STEPS),
    log: log === undefined ? undefined : checkPath('log', log, 'the path of a file'),
    tensorboard:
      tensorboard === undefined ? undefined : checkPath('tensorboard', tensorboard, 'the path of a folder'),
    ...checkCheckpoint(checkpoint),
    onEpoch: checkFunction('onEpoch', values.onEpoch as TrainOptions['onEpoch']),
    evaluation: checkEvaluateEvery(evaluateEvery ?? (keepBest === undefined ? undefined : 1)),
    keepsBest: checkKeepBest(keepBest),
  })
}

function checkKeepBest(value: unknown): boolean {
  if (value === undefined || value === 'frechetDistance') return value !== undefined
  throw invalidArgument('keepBest', "'frechetDistance'", value)
}

function checkEvaluateEvery(value: unknown): EvaluationEvery | undefined {
  if (value === undefined) return undefined
  const key = 'evaluateEvery'
  if (typeof value === 'number')
    return { epochs: checkInteger(key, value, 1, MAX_EPOCHS), plan: checkEvaluateOptions({}) }
  if (value === null || typeof value !== 'object')
    throw invalidArgument(key, 'a number of epochs, or an object', value)
  const { epochs = 1, ...options } = checkKeys(key, value, [
    'epochs',
    'count',
    'seed',
    'dataset',
    'floorDataset',
  ])
  return {
    epochs: checkInteger(`${key}.epochs`, epochs, 1, MAX_EPOCHS),
    plan: checkEvaluateOptions(options as EvaluateOptions),
  }
}

/**
 * Checks the options of `trainEpoch()`.
 *
 * @internal
 */
export function checkEpochOptions(
  dataset: TrainingImages | string | undefined,
  options: EpochOptions | undefined,
): Material {
  const keys = ['onProgress', 'signal', 'newData']
  const values = checkKeys('the options of trainEpoch()', options, keys, modelsKey)
  return checkMaterial(dataset, checkControls(values))
}

/** Checks the options by which a call reports and can be stopped. */
function checkControls(values: Record<string, unknown>): Omit<Material, 'source'> {
  return {
    onProgress: checkFunction('onProgress', values.onProgress as EpochOptions['onProgress']),
    signal: checkSignal(values.signal),
    newData: checkBoolean('newData', values.newData, false),
  }
}

/** Checks the images. This comes last, because no code of the caller may run between this check and their copy. */
function checkMaterial<T extends Omit<Material, 'source'>>(dataset: unknown, plan: T): T & Material {
  plan.signal?.throwIfAborted()
  return { ...plan, source: checkSource(dataset) }
}

function checkOutputDir(value: unknown): OutputDir {
  const path = checkPath('outputDir', value, 'the path of a folder, or null,')
  return { path, given: value as string }
}

function checkCheckpoint(checkpoint: unknown): Pick<TrainPlan, 'keeper' | 'checkpointEvery'> {
  if (checkpoint === undefined) return { keeper: undefined, checkpointEvery: undefined }
  if (checkpoint === null) throw invalidArgument('checkpoint', 'an object such as { path }', checkpoint)
  const { path, keep, everySteps } = checkKeys('checkpoint', checkpoint, ['path', 'everySteps', 'keep'])
  return {
    keeper: new CheckpointKeeper({ path: path as string, keep: keep as number | undefined }),
    checkpointEvery:
      everySteps === undefined ? undefined : checkInteger('checkpoint.everySteps', everySteps, 1, MAX_STEPS),
  }
}
