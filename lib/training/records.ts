import type { CheckpointKeeper } from '../checkpoint/keeper.js'
import type { TrainingData } from '../datasets/index.js'
import type { Evaluation } from '../evaluation/index.js'
import type { HyperParams } from '../hyperparams.js'
import { ImageBatch } from '../images/index.js'
import { SIDE } from '../internal/sizes.js'
import type { NativeState } from '../native/types.js'
import { Board } from './board.js'
import { LossLog } from './loss-log.js'
import type { StepLosses } from './losses.js'
import type { TrainPlan } from './options.js'
import type { Schedule } from './schedule.js'
import { Snapshots } from './snapshots.js'

/** The files of a run: pictures, checkpoints, a log of its losses, and TensorBoard's events. */
export class Records {
  readonly #hparams: Readonly<HyperParams>
  readonly #data: TrainingData
  readonly #keeper: CheckpointKeeper | undefined
  /** Steps from one checkpoint to the next; 0 for none. */
  readonly checkpointEvery: number
  #snapshots: Snapshots | undefined
  #log: LossLog | undefined
  #board: Board | undefined

  private constructor(
    { keeper, checkpointEvery }: TrainPlan,
    hparams: Readonly<HyperParams>,
    { stepsPerEpoch }: Schedule,
    data: TrainingData,
  ) {
    this.#hparams = hparams
    this.#data = data
    this.#keeper = keeper
    this.checkpointEvery = keeper === undefined ? 0 : (checkpointEvery ?? stepsPerEpoch)
  }

  /** `step`: steps that the model has made. Rejects with `ERR_DCGAN_IO`, and leaves no file open. */
  static async open(
    plan: TrainPlan,
    hparams: Readonly<HyperParams>,
    schedule: Schedule,
    data: TrainingData,
    step: number,
  ): Promise<Records> {
    const records = new Records(plan, hparams, schedule, data)
    const { outputDir, log, tensorboard, keeper, evaluation } = plan
    try {
      if (outputDir !== null) records.#snapshots = await Snapshots.open(outputDir, hparams.outputDim, step)
      // After the folder is made, which the checkpoint may go into.
      await keeper?.prepare()
      if (log !== undefined) records.#log = await LossLog.open(log, step, evaluation !== undefined)
      if (tensorboard !== undefined)
        records.#board = await Board.open(tensorboard, step, hparams, data.originEpoch)
      return records
    } catch (error) {
      await records.close()
      throw error
    }
  }

  /** True if pictures are written. */
  get takesSnapshots(): boolean {
    return this.#snapshots !== undefined || this.#board !== undefined
  }

  /** Steps from one picture to the next; 0 for none. */
  get snapshotEvery(): number {
    return this.takesSnapshots ? this.#hparams.verboseFreq : 0
  }

  /** Paths of this run's snapshots, in step order. */
  get snapshots(): string[] {
    return this.#snapshots?.paths ?? []
  }

  /** Writes the fixed latents' images, down the columns, as the tutorial lays them; returns the file's path, if any. */
  async writeSnapshot(step: number, pixels: Uint8Array): Promise<string | undefined> {
    const { outputDim } = this.#hparams
    const png = await new ImageBatch(pixels).grid({ columns: outputDim, order: 'columns' })
    const path = await this.#snapshots?.write(step, png)
    await this.#board?.writeSnapshot(step, png, outputDim * SIDE)
    return path
  }

  /** Writes the model to the checkpoint's file, if there is one. */
  async writeCheckpoint(state: NativeState): Promise<void> {
    await this.#keeper?.write(state, this.#hparams, this.#data.classNames)
  }

  /** Keeps the losses of the last steps up to `step`, all of one epoch. */
  async writeLosses(
    step: number,
    epoch: number,
    losses: readonly StepLosses[],
    imagesPerSecond: number,
  ): Promise<void> {
    await this.#log?.write(step, epoch, losses)
    await this.#board?.writeLosses(step, epoch, losses, imagesPerSecond)
  }

  /** Keeps the figures of the model after its last step, `step`. */
  async writeFigures(step: number, figures: Evaluation): Promise<void> {
    await this.#log?.writeFigures(figures)
    await this.#board?.writeFigures(step, figures)
  }

  /** Writes the GIF of the snapshots; returns its path, or null without snapshots. */
  async animate(): Promise<string | null> {
    return (await this.#snapshots?.animate()) ?? null
  }

  /** Ends the files that grow. The GIF can still be made. */
  async close(): Promise<void> {
    await Promise.all([this.#log?.close(), this.#board?.close()])
  }
}
