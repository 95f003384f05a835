import { type Evaluation, figuresAt } from '../evaluation/index.js'
import { type HyperParams, inEpoch } from '../hyperparams.js'
import { EventFile, picture, scalars, sessionStart } from '../tensorboard/index.js'
import type { StepLosses } from './losses.js'

type Rates = Pick<HyperParams, 'discLr' | 'genLr'>

/** Writes a run's losses and pictures for TensorBoard. */
export class Board {
  readonly #file: EventFile
  readonly #rates: Rates
  /** Epochs that the model had made when its schedule began. */
  readonly #origin: number

  private constructor(file: EventFile, rates: Rates, origin: number) {
    this.#file = file
    this.#rates = rates
    this.#origin = origin
  }

  /**
   * `step`: steps that the model has made. If the folder has later ones, they come from a run that ended after its last
   * checkpoint. TensorBoard forgets them, because this run makes them again. Rejects with `ERR_DCGAN_IO`.
   */
  static async open(folder: string, step: number, rates: Rates, origin: number): Promise<Board> {
    // At step 0 there is only the first picture.
    const file = await EventFile.open(folder, sessionStart(step === 0 ? 0 : step + 1))
    return new Board(file, rates, origin)
  }

  /** Adds the losses of the last steps up to `step`, all of one epoch. */
  writeLosses(
    step: number,
    epoch: number,
    losses: readonly StepLosses[],
    imagesPerSecond: number,
  ): Promise<void> {
    const first = step - losses.length + 1
    return this.#file.write(
      ...losses.map((each, i) => scalars(first + i, tagged(each))),
      scalars(step, {
        'learning_rate/discriminator': inEpoch(this.#rates.discLr, epoch - this.#origin),
        'learning_rate/generator': inEpoch(this.#rates.genLr, epoch - this.#origin),
        'speed/images_per_second': imagesPerSecond,
      }),
    )
  }

  /** Adds a square picture. */
  writeSnapshot(step: number, png: Uint8Array, side: number): Promise<void> {
    return this.#file.write(picture(step, 'snapshot', { png, width: side, height: side }))
  }

  /** Adds the figures of an evaluation. If they had a file of their own, TensorBoard would stop reading this one. */
  writeFigures(step: number, figures: Evaluation): Promise<void> {
    return this.#file.write(figuresAt(step, figures))
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** Leaves out the curves of missing values: the parts of a loss that has none, and penalties that are off. */
function tagged({
  discLoss,
  genLoss,
  discLossReal: real,
  discLossFake,
  r1,
  r2,
}: StepLosses): Record<string, number> {
  return {
    'loss/discriminator': discLoss,
    'loss/generator': genLoss,
    ...(!Number.isNaN(real) && { 'loss/discriminator_real': real, 'loss/discriminator_fake': discLossFake }),
    ...(r1 > 0 && { 'penalty/r1': r1 }),
    ...(r2 > 0 && { 'penalty/r2': r2 }),
  }
}
