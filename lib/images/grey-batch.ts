import { invalidArgument } from '../errors.js'
import { checkInteger } from '../internal/options.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import {
  type Bytes,
  type Floats,
  intact,
  isFloat32Array,
  isUint8Array,
  lengthOf,
} from '../internal/typed-arrays.js'
import type { GreyImage } from './grey.js'
import type { GridOptions } from './grid.js'
import type { PngOptions } from './picture.js'

/** One image of an `ImageBatch`, with all that is known about it. */
export interface BatchImage {
  /** Its 784 grey levels, row by row: a view, not a copy. */
  pixels: Bytes
  /** Its label, if the model has classes. */
  label: number | undefined
  /** The classifier's confidence in it, if the images were made with `minConfidence`. */
  confidence: number | undefined
  /** The name of its class, if the model's data set has names. */
  className: string | undefined
}

/**
 * Generated images: their grey levels, and what is known about them. Iterating over a batch gives its images one by
 * one. Each platform has a class `ImageBatch`, which makes files of them in its own way.
 */
export abstract class GreyBatch implements Iterable<BatchImage> {
  /** In pixels. */
  readonly width = SIDE
  /** In pixels. */
  readonly height = SIDE
  /** How many images there are, from 1. */
  readonly count: number
  /** `count` × 784 grey levels, image by image and row by row, 0 black to 255 white. */
  readonly pixels: Bytes
  /** The label of each image, if the model has classes. */
  declare readonly labels?: Bytes | undefined
  /**
   * The classifier's confidence in each image's label, 0 to 1; without labels, in the digit that it reads. Only for
   * images that were made with `minConfidence`.
   */
  declare readonly confidences?: Floats | undefined
  /** The names of the classes, if the model's data set has names: label i is `classNames[i]`. */
  declare readonly classNames?: readonly string[] | undefined

  /**
   * @param pixels not copied; a multiple of 784 grey levels
   * @param labels not copied; one for each image
   * @param confidences not copied; one for each image
   * @param classNames the name of each class
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  constructor(
    pixels: Uint8Array,
    labels?: Uint8Array,
    confidences?: Float32Array,
    classNames?: readonly string[],
  ) {
    const length = isUint8Array(pixels) ? lengthOf(pixels) : 0
    if (length === 0 || length % PIXELS !== 0) {
      throw invalidArgument('pixels', `a Uint8Array of a multiple of ${PIXELS} grey levels`, pixels)
    }
    this.pixels = pixels as Bytes
    this.count = length / PIXELS
    if (labels !== undefined) {
      if (!isUint8Array(labels) || lengthOf(labels) !== this.count) {
        throw invalidArgument('labels', `a Uint8Array of ${this.count} labels`, labels)
      }
      this.labels = labels as Bytes
    }
    if (confidences !== undefined) {
      if (!isFloat32Array(confidences) || lengthOf(confidences) !== this.count) {
        throw invalidArgument('confidences', `a Float32Array of ${this.count} numbers`, confidences)
      }
      this.confidences = confidences as Floats
    }
    if (classNames !== undefined) this.classNames = classNames
  }

  /**
   * Returns the 784 grey levels of image `i`, row by row. It is a view, not a copy.
   *
   * @param i from 0 and below `count`
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  image(i: number): Bytes {
    checkInteger('i', i, 0, this.count - 1)
    return this.levels().subarray(i * PIXELS, (i + 1) * PIXELS)
  }

  /** Yields the images in order. */
  *[Symbol.iterator](): IterableIterator<BatchImage> {
    const { labels, confidences, classNames } = this
    for (let i = 0; i < this.count; i++) {
      const label = labels?.[i]
      const className = label === undefined ? undefined : classNames?.[label]
      yield { pixels: this.image(i), label, confidence: confidences?.[i], className }
    }
  }

  /**
   * Returns a batch of the images from `from` up to, and without, `to`. It has its own copy of them.
   *
   * @param from from 0 and below `count`. Default 0
   * @param to above `from` and up to `count`. Default `count`
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  slice(from = 0, to = this.count): this {
    checkInteger('from', from, 0, this.count - 1)
    checkInteger('to', to, from + 1, this.count)
    const pixels = this.levels().slice(from * PIXELS, to * PIXELS)
    const labels = this.labels && intact('labels', this.labels, this.count).slice(from, to)
    const confidences =
      this.confidences && intact('confidences', this.confidences, this.count).slice(from, to)
    return Reflect.construct(this.constructor, [pixels, labels, confidences, this.classNames]) as this
  }

  /**
   * Makes a PNG file of image `i`: 28×28 pixels, 8-bit grey.
   *
   * @param i from 0 and below `count`
   * @param options `scale` enlarges it, `invert` draws black on white, `gap` leaves empty pixels around it
   */
  abstract png(i: number, options?: PngOptions): Promise<Bytes>

  /**
   * Makes one PNG file of all images, 8-bit grey, edge to edge unless `gap` is given. Cells without an image are empty.
   * The picture may have 2²⁴ pixels.
   */
  abstract grid(options?: GridOptions): Promise<Bytes>

  /** A view of the pixels. @internal */
  protected levels(): Bytes {
    return intact('pixels', this.pixels, this.count * PIXELS)
  }

  /** Image `i` as a picture. @internal */
  protected frame(i: number): GreyImage {
    return { width: SIDE, height: SIDE, pixels: this.image(i) }
  }
}
