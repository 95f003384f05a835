import {
  checkLabelled,
  keptOf,
  loadSource,
  type TrainingData,
  type TrainingImages,
} from '../datasets/index.js'
import { DcganError, invalidArgument } from '../errors.js'
import type { Evaluation } from '../evaluation/index.js'
import type { HyperParams } from '../hyperparams.js'
import type { Model } from '../native/model.js'
import { agree } from './agreement.js'
import { type BestModel, EpochEnd } from './epoch-end.js'
import type { EpochResult } from './epoch-result.js'
import {
  checkEpochOptions,
  checkTrainOptions,
  type EpochOptions,
  type EpochPlan,
  type TrainOptions,
  type TrainPlan,
} from './options.js'
import { Records } from './records.js'
import { Run } from './run.js'
import { Schedule } from './schedule.js'

/** The result of a training run. */
export interface TrainResult {
  /** The epochs that this run made, in order; none if the model had all its epochs. */
  epochs: EpochResult[]
  /** Steps that the model has made in total. */
  step: number
  /** Epochs that the model has completed in total. */
  epoch: number
  /** Mean of the discriminator's losses in the last epoch; NaN without one. */
  discLoss: number
  /** Mean of the generator's losses in the last epoch; NaN without one. */
  genLoss: number
  /** Wall-clock time of the whole call. */
  seconds: number
  /** Training images per second during epochs; 0 without one. */
  imagesPerSecond: number
  /** Paths of this run's snapshots, in step order. */
  snapshots: string[]
  /** Path of their GIF, which also has the snapshots of an earlier run that was continued; `null` without a GIF. */
  gif: string | null
  /** The best model, if `keepBest` kept one. */
  best: BestModel | null
  /** The last figures, if `evaluateEvery` made some. */
  evaluation: Evaluation | null
}

/** Takes the files out of the plan, unless this is the first process of a distributed run, which writes them. */
function ofRank(rank: number, plan: TrainPlan): TrainPlan {
  if (rank === 0) return plan
  return { ...plan, outputDir: null, keeper: undefined, log: undefined, tensorboard: undefined }
}

/** Trains until the model has made `hparams.epochs` epochs. */
export async function trainAll(
  model: Model,
  hparams: Readonly<HyperParams>,
  options: TrainOptions | undefined,
  data: TrainingData,
): Promise<TrainResult> {
  const plan = ofRank(model.rank, checkTrainOptions(options))
  if (plan.evaluation !== undefined && model.peers > 1) throw evaluatesAlone(plan.evaluation.epochs)
  if (model.position.epoch >= hparams.epochs) {
    if (data.restored) warnOfNothingLeft(model.position.epoch)
    return summary(model, [], 0, [], null)
  }

  const begin = performance.now()
  const { schedule, hash, restart } = await setDataset(model, plan, data, hparams)
  const { step } = model.position
  const { maxSteps, onProgress, signal } = plan
  await agree(model, hparams, { count: schedule.count, hash, maxSteps }, signal)
  const records = await Records.open(plan, hparams, schedule, data, step)
  const lastStep = step + (maxSteps ?? Infinity)
  const run = new Run(model, schedule, { onProgress, signal, restart, lastStep }, records)
  const end = new EpochEnd(model, hparams, plan, data, records)
  const epochs: EpochResult[] = []
  try {
    const done = () => model.position.epoch >= hparams.epochs || model.position.step >= lastStep
    while (!done()) {
      const result = await run.epoch()
      epochs.push(result)
      await end.after(result)
      run.throwIfStopped()
    }
    await run.finish()
  } catch (error) {
    throw await afterFailure(error, model, plan, records)
  } finally {
    await records.close()
  }
  if (plan.keeper !== undefined) await records.writeCheckpoint(await model.exportState('all'))
  const gif = await records.animate()
  signal?.throwIfAborted()
  const seconds = (performance.now() - begin) / 1000
  const { best, evaluation } = end
  return { ...summary(model, epochs, seconds, records.snapshots, gif), best, evaluation }
}

function evaluatesAlone(epochs: number): DcganError {
  const why = 'a distributed run is not evaluated while it trains. Call evaluate() afterwards'
  return invalidArgument('evaluateEvery', 'nothing', epochs, why)
}

/** Warns, because a job that is started again after its end may load its model and have nothing to do. */
function warnOfNothingLeft(epochs: number): void {
  const made = epochs === 1 ? 'its one epoch' : `all its ${epochs} epochs`
  process.emitWarning(
    `The model has made ${made}, so there is nothing left to train. To continue, load it with more epochs, as in ` +
      `DCGAN.load(file, { epochs: ${epochs + 10} }), or call trainEpoch(), which makes one epoch more`,
    { code: 'DCGAN_NOTHING_LEFT' },
  )
}

/** Trains to the end of the current or the next epoch. */
export async function trainOne(
  model: Model,
  hparams: Readonly<HyperParams>,
  dataset: TrainingImages | string | undefined,
  options: EpochOptions | undefined,
  data: TrainingData,
): Promise<EpochResult> {
  const plan = checkEpochOptions(dataset, options)
  const { schedule, hash, restart } = await setDataset(model, plan, data, {
    ...hparams,
    epochs: model.position.epoch + 1,
  })
  const { onProgress, signal } = plan
  await agree(model, hparams, { count: schedule.count, hash }, signal)
  const run = new Run(model, schedule, { onProgress, signal, restart })
  const result = await run.epoch()
  await run.finish()
  return result
}

/**
 * Gives the data set to the engine and returns its schedule. An epoch under way continues if the data set is still the
 * same. The caller's images are copied before this function returns.
 */
async function setDataset(
  model: Model,
  { source, signal, newData }: EpochPlan,
  data: TrainingData,
  { batchSize, epochs, classes }: Pick<HyperParams, 'batchSize' | 'epochs' | 'classes'>,
): Promise<{ schedule: Schedule; hash: string; restart: boolean }> {
  const dataset = typeof source === 'object' ? source : await loadSource(source, 'train', signal)
  const { count } = dataset
  // First, because advice about labels would mislead where another data set was meant.
  if (!newData) data.checkCount(count)
  checkLabelled(dataset, classes)
  const schedule = new Schedule(count, batchSize, epochs)
  const kept = keptOf(dataset, source)
  const hash = await model.setDataset(dataset)
  signal?.throwIfAborted()
  if (!newData) data.checkHash(hash)
  const restart = newData && data.differsFrom(hash)
  data.learn(dataset, hash, restart ? model.position.epoch : data.originEpoch, kept)
  return { schedule, hash, restart }
}

/** Returns the error of a failed run. Saves the model first if there is a checkpoint and the model is still good. */
async function afterFailure(
  error: unknown,
  model: Model,
  { keeper }: TrainPlan,
  records: Records,
): Promise<unknown> {
  if (keeper === undefined || model.disposed) return error
  if (error instanceof DcganError && error.code === 'ERR_DCGAN_DIVERGED') {
    const last =
      keeper.last === undefined
        ? 'No checkpoint was written before'
        : `The last checkpoint, of step ${keeper.last.step}, is ${keeper.last.path}`
    return new DcganError(error.code, `${error.message}. ${last}`, { cause: error })
  }
  if (error instanceof DcganError && error.code === 'ERR_DCGAN_NATIVE') return error
  try {
    await records.writeCheckpoint(await model.exportState('all'))
    return error
  } catch (failure) {
    // Another process failed in the middle of a step, so the last checkpoint is the newest whole state.
    if (failure instanceof DcganError && failure.code === 'ERR_DCGAN_PEER') return error
    // The caller relies on the checkpoint, so its failure is the more important error.
    return failure
  }
}

function summary(
  model: Model,
  epochs: EpochResult[],
  seconds: number,
  snapshots: string[],
  gif: string | null,
): TrainResult {
  const { step, epoch } = model.position
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
    snapshots,
    gif,
    best: null,
    evaluation: null,
  }
}
