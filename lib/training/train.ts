import { CheckpointKeeper } from '../checkpoint/keeper.js'
import { DcganError, invalidArgument } from '../errors.js'
import type { HyperParams } from '../hyperparams.js'
import {
  checkLabelled,
  checkSource,
  type DatasetSource,
  loadMnist,
  type TrainingImages,
} from '../mnist/index.js'
import type { Engine } from '../native/engine.js'
import { checkBoolean, checkFunction, checkInteger, checkKeys, checkSignal, checkString } from '../options.js'
import type { DatasetGuard } from './dataset-guard.js'
import { LossLog } from './loss-log.js'
import type { Progress } from './progress.js'
import { type EpochResult, Run, type Sinks } from './run.js'
import { Schedule } from './schedule.js'
import { Snapshots } from './snapshots.js'

/** Options of `trainEpoch()`, and of `train()` too. */
export interface EpochOptions {
  /**
   * Told at most ten times a second how far training is, and once more at the end. If it throws, or returns a
   * promise that rejects, training stops after its step and rejects with that error. The call resolves when all
   * promises that it returned have.
   */
  onProgress?: ((progress: Progress) => void) | undefined
  /** Stops training after its step; the call rejects with the signal's reason, and the model stays usable. */
  signal?: AbortSignal | undefined
  /**
   * Goes on with another data set than the one that the loaded state was trained on; without it, that rejects with
   * `ERR_DCGAN_BAD_DATASET`. Default false. A model that was not loaded takes any.
   */
  newData?: boolean | undefined
}

/** Options of `train()`. */
export interface TrainOptions extends EpochOptions {
  /** Images to train on, or a folder of IDX files. Default: MNIST's 60,000, as `loadMnist()` finds them. */
  dataset?: TrainingImages | string | undefined
  /** Folder of the snapshots and the GIF, made if it is not there; `null` for none. Default `'output'`. */
  outputDir?: string | null | undefined
  /** The most steps that this call makes, 1 to 1,000,000,000. Default: to the end of the last epoch. */
  maxSteps?: number | undefined
  /**
   * A CSV file of the losses, one row for each step: the step, from 1; its epoch, from 1; the discriminator's loss,
   * and that of real and of generated images apart (empty for the relativistic loss); the generator's loss; the
   * gradient penalties. A model that continues keeps the rows up to its step and adds to them.
   */
  log?: string | undefined
  /** Keeps a file from which `DCGAN.load()` and `train()` continue exactly; also written at the end and on abort. */
  checkpoint?: CheckpointOptions | undefined
}

/** Where and how often a training run is saved. */
export interface CheckpointOptions {
  /** The newest checkpoint's file, replaced atomically. */
  path: string
  /** Steps from one checkpoint to the next, 1 to 1,000,000,000. Default: an epoch. */
  everySteps?: number | undefined
  /** Older checkpoints that stay beside it, from 0. Default 1. */
  keep?: number | undefined
}

/** What a training run came to. */
export interface TrainResult {
  /** The passes that this run made, in order; none when there was nothing left to do. */
  epochs: EpochResult[]
  /** Steps that the model has behind it in all. */
  step: number
  /** Epochs that the model has behind it in all. */
  epoch: number
  /** Mean of the discriminator's losses in the last epoch; NaN without one. */
  discLoss: number
  /** Mean of the generator's losses in the last epoch; NaN without one. */
  genLoss: number
  /** Wall-clock time of the whole call. */
  seconds: number
  /** Training images a second while epochs ran; 0 without one. */
  imagesPerSecond: number
  /** Paths of this run's snapshots, in step order. */
  snapshots: string[]
  /** Path of the GIF of them, with those before them where an earlier run was continued; `null` without one. */
  gif: string | null
}

const MAX_STEPS = 1_000_000_000

/** What a call is to train on. */
interface Material {
  source: DatasetSource
  signal: AbortSignal | undefined
  newData: boolean
}

/** Checked options of one call. */
interface Plan extends Material {
  outputDir: string | null
  onProgress: EpochOptions['onProgress']
  keeper: CheckpointKeeper | undefined
  checkpointEvery: number | undefined
  maxSteps: number | undefined
  log: string | undefined
}

/** Trains from where the model stands to `hparams.epochs`. */
export async function trainAll(
  engine: Engine,
  hparams: Readonly<HyperParams>,
  options: TrainOptions | undefined,
  guard: DatasetGuard,
): Promise<TrainResult> {
  const plan = checkTrainOptions(options)
  if (engine.position.epoch >= hparams.epochs) return summary(engine, [], 0, undefined, null)

  const begin = performance.now()
  const schedule = await setDataset(engine, plan, guard, hparams)
  // Before the keeper: the checkpoint may go into the folder that this makes.
  const snapshots =
    plan.outputDir === null
      ? undefined
      : await Snapshots.open(plan.outputDir, hparams.outputDim, engine.position.step)
  await plan.keeper?.prepare()
  const { step } = engine.position
  const log = plan.log === undefined ? undefined : await LossLog.open(plan.log, step)
  const lastStep = step + (plan.maxSteps ?? Infinity)
  const run = new Run(engine, schedule, {
    ...sinks(plan, hparams, schedule, snapshots),
    writeLosses: log && ((...losses) => log.write(...losses)),
    ...(Number.isFinite(lastStep) && { lastStep }),
  })
  const epochs: EpochResult[] = []
  try {
    const done = () => engine.position.epoch >= hparams.epochs || engine.position.step >= lastStep
    while (!done()) epochs.push(await run.epoch())
    if (snapshots !== undefined) await lastSnapshot(engine, run, schedule, snapshots, epochs)
    await run.finish()
  } catch (error) {
    throw await afterFailure(error, engine, hparams, plan)
  } finally {
    await log?.close()
  }
  await plan.keeper?.write(await engine.exportState('all'), hparams)
  const gif = (await snapshots?.animate()) ?? null
  plan.signal?.throwIfAborted()
  return summary(engine, epochs, (performance.now() - begin) / 1000, snapshots, gif)
}

/** Trains to the end of the running epoch, or through the next one. */
export async function trainOne(
  engine: Engine,
  hparams: Readonly<HyperParams>,
  dataset: TrainingImages | string | undefined,
  options: EpochOptions | undefined,
  guard: DatasetGuard,
): Promise<EpochResult> {
  const values = checkKeys('the options of trainEpoch()', options, ['onProgress', 'signal', 'newData'])
  const onProgress = checkFunction('onProgress', values.onProgress as EpochOptions['onProgress'])
  const signal = checkSignal(values.signal)
  const newData = checkBoolean('newData', values.newData, false)
  signal?.throwIfAborted()
  const material = { source: checkSource(dataset), signal, newData }
  const schedule = await setDataset(engine, material, guard, {
    ...hparams,
    epochs: engine.position.epoch + 1,
  })
  const run = new Run(engine, schedule, { onProgress, signal })
  const result = await run.epoch()
  await run.finish()
  return result
}

function checkTrainOptions(options: TrainOptions | undefined): Plan {
  const keys = ['dataset', 'outputDir', 'onProgress', 'signal', 'checkpoint', 'newData', 'maxSteps', 'log']
  const values = checkKeys('the options of train()', options, keys)
  const { outputDir = 'output', checkpoint, maxSteps, log } = values
  const plan = {
    outputDir:
      outputDir === null ? null : checkString('outputDir', outputDir, 'the path of a folder, or null,'),
    onProgress: checkFunction('onProgress', values.onProgress as TrainOptions['onProgress']),
    signal: checkSignal(values.signal),
    newData: checkBoolean('newData', values.newData, false),
    maxSteps: maxSteps === undefined ? undefined : checkInteger('maxSteps', maxSteps, 1, MAX_STEPS),
    log: log === undefined ? undefined : checkString('log', log, 'the path of a file'),
    ...checkCheckpoint(checkpoint),
  }
  plan.signal?.throwIfAborted()
  // Last: until the images are copied nothing may run that could change them.
  return { ...plan, source: checkSource(values.dataset) }
}

function checkCheckpoint(checkpoint: unknown): Pick<Plan, 'keeper' | 'checkpointEvery'> {
  if (checkpoint === undefined) return { keeper: undefined, checkpointEvery: undefined }
  if (checkpoint === null) throw invalidArgument('checkpoint', 'an object such as { path }', checkpoint)
  const { path, keep, everySteps } = checkKeys('checkpoint', checkpoint, ['path', 'everySteps', 'keep'])
  return {
    keeper: new CheckpointKeeper({ path: path as string, keep: keep as number | undefined }),
    checkpointEvery:
      everySteps === undefined ? undefined : checkInteger('checkpoint.everySteps', everySteps, 1, MAX_STEPS),
  }
}

/**
 * Hands the data set over, and says how it is cut. An epoch under way goes on if it is still the same one. Images that
 * the caller gave are copied before this returns.
 */
async function setDataset(
  engine: Engine,
  { source, signal, newData }: Material,
  guard: DatasetGuard,
  { batchSize, epochs, classes }: Pick<HyperParams, 'batchSize' | 'epochs' | 'classes'>,
): Promise<Schedule> {
  const dataset = typeof source === 'object' ? source : await loadMnist(source)
  const { count } = dataset
  checkLabelled(dataset, classes)
  const schedule = new Schedule(count, batchSize, epochs)
  if (!newData) guard.checkCount(count)
  const hash = await engine.setDataset(dataset)
  signal?.throwIfAborted()
  if (newData) guard.lift()
  else guard.checkHash(hash)
  return schedule
}

function sinks(
  { onProgress, signal, keeper, checkpointEvery }: Plan,
  hparams: Readonly<HyperParams>,
  { stepsPerEpoch }: Schedule,
  snapshots: Snapshots | undefined,
): Sinks {
  return {
    onProgress,
    signal,
    ...(snapshots !== undefined && {
      writeSnapshot: (step, pixels) => snapshots.write(step, pixels),
      snapshotEvery: hparams.verboseFreq,
    }),
    ...(keeper !== undefined && {
      writeCheckpoint: async state => void (await keeper.write(state, hparams)),
      checkpointEvery: checkpointEvery ?? stepsPerEpoch,
    }),
  }
}

/** The picture after all steps, named by their number, as the tutorial's last one. */
async function lastSnapshot(
  engine: Engine,
  run: Run,
  { stepsPerEpoch }: Schedule,
  snapshots: Snapshots,
  epochs: readonly EpochResult[],
): Promise<void> {
  const { step, batch: begun } = engine.position
  const batch = begun === 0 ? stepsPerEpoch : begun
  const { discLosses, genLosses } = epochs.at(-1) as EpochResult
  const path = await snapshots.write(step, await engine.sampleFixed())
  const discLoss = discLosses.at(-1) as number
  const genLoss = genLosses.at(-1) as number
  run.report({ step, batch, discLoss, genLoss }, path)
  run.throwIfStopped()
}

/** What a run rejects with. What was trained is saved, if it was to be saved and is worth it. */
async function afterFailure(
  error: unknown,
  engine: Engine,
  hparams: Readonly<HyperParams>,
  { keeper }: Plan,
): Promise<unknown> {
  if (keeper === undefined || engine.disposed) return error
  if (error instanceof DcganError && error.code === 'ERR_DCGAN_DIVERGED') {
    const last =
      keeper.last === undefined
        ? 'No checkpoint was written before'
        : `The last checkpoint, of step ${keeper.last.step}, is ${keeper.last.path}`
    return new DcganError(error.code, `${error.message}. ${last}`, { cause: error })
  }
  if (error instanceof DcganError && error.code === 'ERR_DCGAN_NATIVE') return error
  try {
    await keeper.write(await engine.exportState('all'), hparams)
    return error
  } catch (failure) {
    // The caller counts on a checkpoint: that there is none is the news.
    return failure
  }
}

function summary(
  engine: Engine,
  epochs: EpochResult[],
  seconds: number,
  snapshots: Snapshots | undefined,
  gif: string | null,
): TrainResult {
  const { step, epoch } = engine.position
  const last = epochs.at(-1)
  const images = epochs.reduce((sum, each) => sum + each.imagesPerSecond * each.seconds, 0)
  const trainingSeconds = epochs.reduce((sum, each) => sum + each.seconds, 0)
  return {
    epochs,
    step,
    epoch,
    discLoss: last?.discLoss ?? Number.NaN,
    genLoss: last?.genLoss ?? Number.NaN,
    seconds,
    imagesPerSecond: trainingSeconds === 0 ? 0 : images / trainingSeconds,
    snapshots: snapshots?.paths ?? [],
    gif,
  }
}
