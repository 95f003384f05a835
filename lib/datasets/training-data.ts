import { DcganError } from '../errors.js'
import type { NativeState } from '../native/types.js'
import type { Dataset } from './dataset.js'
import { DIGIT_NAMES } from './mnist.js'

/** The fingerprints of MNIST's 60,000 training images, with their labels and without. */
const MNIST = ['e8cacf977b55e43c', '5b482c9fb4ad2038']

/** Remembers what a model was trained on. */
export class TrainingData {
  #count = 0
  #hash = ''
  #classNames: readonly string[] | undefined
  /** The file that names the images; undefined where others are accepted. */
  #file: string | undefined
  #restored = false

  /**
   * Takes over what a file says. From now on, all data sets but the file's own are refused: training on another one by
   * mistake, for example because a flag is missing, would silently damage the model.
   */
  restore(
    file: string,
    { datasetCount, datasetHash }: NativeState,
    classNames: readonly string[] | undefined,
  ): void {
    this.#restored = true
    this.#file = datasetCount > 0 ? file : undefined
    this.#count = datasetCount
    this.#hash = datasetHash
    this.#classNames = classNames
  }

  /** The model now learns from this data set. */
  learn({ count, classNames }: Dataset, hash: string): void {
    this.#restored = false
    this.#file = undefined
    this.#count = count
    this.#hash = hash
    this.#classNames = classNames
  }

  get classNames(): readonly string[] | undefined {
    return this.#classNames
  }

  /** True if the model was loaded and has not learned since. */
  get restored(): boolean {
    return this.#restored
  }

  /** False if the images are known not to be digits. The classifier that the package ships reads only digits. */
  get digits(): boolean {
    return this.#count === 0 || MNIST.includes(this.#hash) || this.#classNames?.join() === DIGIT_NAMES.join()
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if the model was loaded and the number of images differs */
  checkCount(count: number): void {
    if (this.#file !== undefined && count !== this.#count) throw this.#refusal(this.#file, `${count}`)
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if the model was loaded and the images differ */
  checkHash(hash: string): void {
    if (this.#file !== undefined && hash !== this.#hash) throw this.#refusal(this.#file, 'as many other ones')
  }

  #refusal(file: string, given: string): DcganError {
    return new DcganError(
      'ERR_DCGAN_BAD_DATASET',
      `The model in ${file} was trained on ${this.#count} images, and this data set has ${given}. Give the data ` +
        'set that it was trained on, or newData: true (--new-data on the command line) to continue with this one',
    )
  }
}
