import { badDataset, type DcganError } from '../errors.js'
import type { NativeState } from '../native/types.js'
import { checkDataset, type Dataset, type DatasetSource } from './dataset.js'
import { areDigits, namedAsDigits } from './digits.js'
import { subset } from './subset.js'

/** The part of a data set that is kept, to compare generated images with later. */
interface KeptImages {
  /** Copies of at most 20,000 images. */
  images: Dataset | undefined
  /** The folder that they came from. They are then read again, so none are kept. */
  folder: string | undefined
}

const MAX_KEPT = 20_000

/** Copies what is kept of a data set. MNIST can be read again. */
export function keptOf(dataset: Dataset, source: DatasetSource): KeptImages {
  if (typeof source === 'string') return { images: undefined, folder: source }
  if (source === undefined || namedAsDigits(dataset.classNames))
    return { images: undefined, folder: undefined }
  const step = Math.max(1, dataset.count / MAX_KEPT)
  const some = Array.from({ length: Math.min(dataset.count, MAX_KEPT) }, (_, i) => Math.floor(i * step))
  return { images: checkDataset(subset(dataset, some)), folder: undefined }
}

/** Remembers what a model was trained on. Only its own methods change its fields. */
export class TrainingData {
  count = 0
  /** The fingerprint of the images; '' if nothing is known. */
  hash = ''
  classNames: readonly string[] | undefined
  /** Epochs that the model had made when its schedule began. */
  originEpoch = 0
  /** True if the model was loaded and has not learned since. */
  restored = false
  /** Some of the images, if they are no digits and the model learned from them in this process. */
  images: Dataset | undefined
  /** The folder of the images, if they are no digits and came from one in this process. */
  folder: string | undefined
  /** The file that names the images; undefined where others are accepted. */
  #file: string | undefined

  /**
   * Takes over what a file says. From now on, all data sets but the file's own are refused: training on another one by
   * mistake, for example because a flag is missing, would silently damage the model.
   */
  restore(
    file: string,
    { datasetCount, datasetHash, origin }: NativeState,
    classNames: readonly string[] | undefined,
  ): void {
    this.restored = true
    this.#file = datasetCount > 0 ? file : undefined
    this.originEpoch = origin?.epoch ?? 0
    this.count = datasetCount
    this.hash = datasetHash
    this.classNames = classNames
  }

  /** The model now learns from this data set. Its schedule began after `originEpoch` epochs. */
  learn({ count, classNames }: Dataset, hash: string, originEpoch: number, kept: KeptImages): void {
    this.originEpoch = originEpoch
    this.restored = false
    this.#file = undefined
    this.count = count
    this.hash = hash
    this.classNames = classNames
    this.folder = this.digits ? undefined : kept.folder
    this.images = this.digits ? undefined : kept.images
  }

  /** Returns true if the model has learned from other images than these. */
  differsFrom(hash: string): boolean {
    return this.count > 0 && this.hash !== hash
  }

  /** False if the images are known not to be digits. The classifier that the package ships reads only digits. */
  get digits(): boolean {
    return areDigits(this.count, this.hash, this.classNames)
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if the model was loaded and the number of images differs */
  checkCount(count: number): void {
    if (this.#file !== undefined && count !== this.count) throw this.#refusal(this.#file, `${count} images`)
  }

  /** @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if the model was loaded and the images differ */
  checkHash(hash: string): void {
    if (this.#file !== undefined && hash !== this.hash) throw this.#refusal(this.#file, 'other images')
  }

  #refusal(file: string, given: string): DcganError {
    return badDataset(
      `The model in ${file} was trained on ${this.count} images, and this data set has ${given}. Give the data ` +
        'set that it was trained on, or newData: true (--new-data on the command line) to continue with this one',
    )
  }
}
