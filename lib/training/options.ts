import { dirname, join, parse } from 'node:path'
import { CheckpointKeeper } from '../checkpoint/keeper.js'
import { checkSource, type TrainingImages } from '../datasets/index.js'
import { invalidArgument } from '../errors.js'
import { checkEvaluateOptions, type EvaluateOptions, type EvaluationPlan } from '../evaluation/options.js'
import { modelsKey } from '../hyperparams.js'
import { checkPath, path } from '../internal/files.js'
import {
  callback,
  checkInteger,
  checkKeys,
  checkOptions,
  checkSignal,
  checkSwitch,
  integer,
  oneOf,
  optional,
  unchecked,
} from '../internal/options.js'
import type { EpochSummary } from './epoch-result.js'
import type { Progress } from './progress.js'

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
   * the smallest Fréchet distance. Evaluates after each epoch unless `evaluateEvery` says otherwise. A continued run
   * compares only its own epochs, and replaces this file.
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

/** The place and the frequency of checkpoints. */
export interface CheckpointOptions {
  /** The file of the newest checkpoint, replaced atomically. */
  path: string
  /** Steps from one checkpoint to the next, 1 to 1,000,000,000. Default: an epoch. */
  everySteps?: number | undefined
  /** The number of older checkpoints to keep, from 0. Default 1. */
  keep?: number | undefined
}

/** A folder or a file that a run writes. */
export interface OutputPath {
  /** Absolute, so that `process.chdir()` does not move it. */
  path: string
  /** As the caller gave it, for the paths in results. */
  given: string
}

const MAX_STEPS = 1_000_000_000
const MAX_EPOCHS = 1_000_000
/** The checks of the options by which a call reports and can be stopped. */
const CONTROLS = {
  onProgress: callback<EpochOptions['onProgress']>(),
  signal: checkSignal,
  newData: checkSwitch,
}

/** Checks the options of `train()`. */
export function checkTrainOptions(options: TrainOptions | undefined) {
  const checks = {
    dataset: unchecked,
    outputDir: checkOutputDir,
    ...CONTROLS,
    checkpoint: checkCheckpoint,
    maxSteps: optional(integer(1, MAX_STEPS)),
    log: optional(path('the path of a file')),
    tensorboard: optional(path('the path of a folder')),
    onEpoch: callback<TrainOptions['onEpoch']>(),
    evaluateEvery: unchecked,
    keepBest: optional(oneOf('frechetDistance')),
  }
  const checked = checkOptions('the options of train()', options, checks, modelsKey)
  const { checkpoint, evaluateEvery, keepBest, ...plan } = checked
  return withSource({
    ...plan,
    ...checkpoint,
    evaluation: checkEvaluateEvery(evaluateEvery === undefined ? keepBest && 1 : evaluateEvery),
    best: keepBest && bestFile(plan.outputDir, checkpoint.keeper),
  })
}

/** Checked options of `train()`. */
export type TrainPlan = ReturnType<typeof checkTrainOptions>

function checkEvaluateEvery(value: unknown): { epochs: number; plan: EvaluationPlan } | undefined {
  if (value === undefined) return undefined
  const key = 'evaluateEvery'
  if (typeof value === 'number')
    return { epochs: checkInteger(key, value, 1, MAX_EPOCHS), plan: checkEvaluateOptions({}) }
  if (value === null || typeof value !== 'object')
    throw invalidArgument(key, 'a number of epochs, or an object', value)
  const keys = ['epochs', 'count', 'seed', 'dataset', 'floorDataset', 'labels', 'accuracyScore']
  const { epochs = 1, ...options } = checkKeys(key, value, keys)
  return {
    epochs: checkInteger(`${key}.epochs`, epochs, 1, MAX_EPOCHS),
    plan: checkEvaluateOptions(options as EvaluateOptions),
  }
}

/** Checks the options of `trainEpoch()`. */
export function checkEpochOptions(
  dataset: TrainingImages | string | undefined,
  options: EpochOptions | undefined,
) {
  return withSource({
    ...checkOptions('the options of trainEpoch()', options, CONTROLS, modelsKey),
    dataset,
  })
}

/** Checked options of `trainEpoch()`. */
export type EpochPlan = ReturnType<typeof checkEpochOptions>

/** Checks the images. This comes last, because no code of the caller may run between this check and their copy. */
function withSource<T extends { dataset: unknown; signal: AbortSignal | undefined }>({
  dataset,
  ...plan
}: T) {
  plan.signal?.throwIfAborted()
  return { ...plan, source: checkSource(dataset) }
}

function checkOutputDir(key: string, value: unknown = 'output'): OutputPath | null {
  if (value === null) return null
  return { path: checkPath(key, value, 'the path of a folder, or null,'), given: value as string }
}

function checkCheckpoint(key: string, given: unknown) {
  if (given === undefined) return { keeper: undefined, checkpointEvery: undefined }
  if (given === null) throw invalidArgument(key, 'an object such as { path }', given)
  const { path, keep, everySteps } = checkKeys(key, given, ['path', 'everySteps', 'keep'])
  return {
    keeper: new CheckpointKeeper({ path: path as string, keep: keep as number | undefined }),
    checkpointEvery: optional(integer(1, MAX_STEPS))('checkpoint.everySteps', everySteps),
  }
}

const BEST = 'best.safetensors'

/** Returns the file of the best model. */
function bestFile(outputDir: OutputPath | null, keeper: CheckpointKeeper | undefined): OutputPath {
  if (outputDir !== null) return { path: join(outputDir.path, BEST), given: join(outputDir.given, BEST) }
  if (keeper === undefined) {
    const why = 'there is no place for the best model. Give outputDir or checkpoint too'
    throw invalidArgument('keepBest', 'nothing', 'frechetDistance', why)
  }
  const { name, ext } = parse(keeper.path)
  const path = join(dirname(keeper.path), `${name}.best${ext}`)
  return { path, given: path }
}
