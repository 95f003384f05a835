import { DcganError } from '../errors.js'
import type { NativeState } from '../native/types.js'

/**
 * Knows the data set that a loaded model was trained on. To go on with another one by mistake, as by a flag that was
 * left out, would spoil the model without a word, so it has to be asked for.
 */
export class DatasetGuard {
  #file = ''
  #count = 0
  #hash = ''

  /** From here on refuses other data sets than the state's, if that knows its own. */
  protect(file: string, { datasetCount, datasetHash }: NativeState): void {
    this.#file = file
    this.#count = datasetCount
    this.#hash = datasetHash
  }

  /** The caller asked for another data set: from here on any will do. */
  lift(): void {
    this.#count = 0
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` where the numbers of images already differ */
  checkCount(count: number): void {
    if (this.#count > 0 && count !== this.#count) throw this.#refusal(`${count}`)
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` where the images differ */
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
