import { DcganError } from '../errors.js'
import type { NativeState } from '../native/types.js'

/**
 * Remembers the data set that a loaded model was trained on. Training on another one by mistake, for example because a
 * flag is missing, would silently spoil the model. The caller therefore has to ask for it.
 */
export class DatasetGuard {
  #file = ''
  #count = 0
  #hash = ''

  /** From now on, refuses all data sets but the state's own, if the state knows it. */
  protect(file: string, { datasetCount, datasetHash }: NativeState): void {
    this.#file = file
    this.#count = datasetCount
    this.#hash = datasetHash
  }

  /** From now on, accepts any data set, because the caller asked for it. */
  lift(): void {
    this.#count = 0
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if the number of images differs */
  checkCount(count: number): void {
    if (this.#count > 0 && count !== this.#count) throw this.#refusal(`${count}`)
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if the images differ */
  checkHash(hash: string): void {
    if (this.#count > 0 && hash !== this.#hash) throw this.#refusal('as many other ones')
  }

  #refusal(given: string): DcganError {
    return new DcganError(
      'ERR_DCGAN_BAD_DATASET',
      `The model in ${this.#file} was trained on ${this.#count} images, and this data set has ${given}. Give the data ` +
        'set that it was trained on, or newData: true (--new-data on the command line) to go on with this one',
    )
  }
}
