import { badDataset } from '../errors.js'

/**
 * Knows how a data set is divided into mini-batches, and how many steps are left. The engine divides it in the same way:
 * the last mini-batch may be smaller. A single image is left out, because batch normalisation needs two; the shuffle
 * leaves out another one in each epoch.
 */
export class Schedule {
  readonly count: number
  readonly batchSize: number
  /** The number of the last epoch, from 1. */
  readonly epochs: number
  readonly stepsPerEpoch: number

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` for a data set of one image */
  constructor(count: number, batchSize: number, epochs: number) {
    this.count = count
    this.batchSize = batchSize
    this.epochs = epochs
    this.stepsPerEpoch = Math.floor(count / batchSize) + (count % batchSize >= 2 ? 1 : 0)
    if (this.stepsPerEpoch === 0) {
      throw badDataset(
        'The data set has a single image, and batch normalisation needs two in a batch. Give at least two images',
      )
    }
  }

  /** The model's steps at the end of the run, if it has now made `step` steps, `batch` of them in `epoch`. */
  totalSteps({ step, epoch, batch }: { step: number; epoch: number; batch: number }): number {
    return step + (this.epochs - epoch + 1) * this.stepsPerEpoch - batch
  }

  /** Images in the next `steps` mini-batches, after `batch` of them in `epoch`. */
  imagesOf(steps: number, epoch: number, batch: number): number {
    const end = batch + steps
    const epochs = Math.floor(end / this.stepsPerEpoch)
    return this.imagesAt(epoch - 1 + epochs, end % this.stepsPerEpoch) - this.imagesAt(epoch - 1, batch)
  }

  /** Images in `epoch` whole epochs and `batch` mini-batches. */
  imagesAt(epoch: number, batch: number): number {
    return epoch * this.#within(this.stepsPerEpoch) + this.#within(batch)
  }

  #within(batch: number): number {
    return Math.min(batch * this.batchSize, this.count)
  }
}
