import { DcganError } from '../errors.js'

/**
 * How a data set is cut into mini-batches, and how far a run to `epochs` has to go. The engine cuts in the same
 * way: the last mini-batch is smaller, but one of a single image is left out, since batch normalisation needs
 * two; the shuffle leaves out another image each epoch.
 */
export class Schedule {
  readonly count: number
  readonly batchSize: number
  /** The number of the last epoch, from 1. */
  readonly epochs: number
  readonly stepsPerEpoch: number

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` for a data set of a single image */
  constructor(count: number, batchSize: number, epochs: number) {
    this.count = count
    this.batchSize = batchSize
    this.epochs = epochs
    this.stepsPerEpoch = Math.floor(count / batchSize) + (count % batchSize >= 2 ? 1 : 0)
    if (this.stepsPerEpoch === 0) {
      throw new DcganError(
        'ERR_DCGAN_BAD_DATASET',
        'The data set has a single image, and batch normalisation needs two in a batch. Give at least two images',
      )
    }
  }

  /** Steps that the model will have made when the run is done, if it made `step` of them with `batch` in `epoch`. */
  totalSteps({ step, epoch, batch }: { step: number; epoch: number; batch: number }): number {
    return step + (this.epochs - epoch + 1) * this.stepsPerEpoch - batch
  }

  /** Images of the next `steps` mini-batches after `batch` of them in `epoch`. */
  imagesOf(steps: number, epoch: number, batch: number): number {
    const end = batch + steps
    const epochs = Math.floor(end / this.stepsPerEpoch)
    return this.imagesAt(epoch - 1 + epochs, end % this.stepsPerEpoch) - this.imagesAt(epoch - 1, batch)
  }

  /** Images that were trained on in `epoch` whole epochs and `batch` mini-batches. */
  imagesAt(epoch: number, batch: number): number {
    return epoch * this.#within(this.stepsPerEpoch) + this.#within(batch)
  }

  #within(batch: number): number {
    return Math.min(batch * this.batchSize, this.count)
  }
}
