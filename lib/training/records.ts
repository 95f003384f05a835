import type { CheckpointKeeper } from '../checkpoint/keeper.js'
import type { Evaluation } from '../evaluation/index.js'
import type { HyperParams } from '../hyperparams.js'
import { ImageBatch } from '../images/index.js'
import { SIDE } from '../internal/sizes.js'
import { Board } from './board.js'
import { LossLog } from './loss-log.js'
import type { StepLosses } from './losses.js'
import type { OutputDir } from './options.js'
import { Snapshots } from './snapshots.js'

/** The places of a run's records: paths among the options of `train()`. */
export interface RecordPaths {
  outputDir: OutputDir | null
  log: string | undefined
  tensorboard: string | undefined
  keeper: CheckpointKeeper | undefined
  /** Present if the run is evaluated. */
  evaluation: unknown
}

/** The files that a run writes while it trains: pictures, a log of its losses, and TensorBoard's events. */
export class Records {
  readonly #outputDim: number
  #snapshots: Snapshots | undefined
  #log: LossLog | undefined
  #board: Board | undefined

  private constructor(outputDim: number) {
    this.#outputDim = outputDim
  }

  /**
   * `step`: steps that the model has made. `origin`: epochs that it had made when its schedule began. Rejects with
   * `ERR_DCGAN_IO`, and leaves no file open.
   */
  static async open(
    { outputDir, log, tensorboard, keeper, evaluation }: RecordPaths,
    hparams: Readonly<HyperParams>,
    step: number,
    origin: number,
  ): Promise<Records> {
    const { outputDim } = hparams
    const records = new Records(outputDim)
    try {
      if (outputDir !== null) records.#snapshots = await Snapshots.open(outputDir, outputDim, step)
      // After the folder is made, which the checkpoint may go into.
      await keeper?.prepare()
      if (log !== undefined) records.#log = await LossLog.open(log, step, evaluation !== undefined)
      if (tensorboard !== undefined) records.#board = await Board.open(tensorboard, step, hparams, origin)
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

  /** Paths of this run's snapshots, in step order. */
  get snapshots(): string[] {
    return this.#snapshots?.paths ?? []
  }

  /** Writes the fixed latents' images, down the columns, as the tutorial lays them; returns the file's path, if any. */
  async writeSnapshot(step: number, pixels: Uint8Array): Promise<string | undefined> {
    const png = await new ImageBatch(pixels).grid({ columns: this.#outputDim, order: 'columns' })
    const path = await this.#snapshots?.write(step, png)
    await this.#board?.writeSnapshot(step, png, this.#outputDim * SIDE)
    return path
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
