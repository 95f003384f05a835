import { invalidArgument } from '../errors.js'
import { checkInteger } from '../options.js'
import { isFloat32Array, isUint8Array, lengthOf } from '../typed-arrays.js'
import { type GifOptions, gifOf } from './gif.js'
import type { GreyImage } from './grey.js'
import { drawGrid, type GridOptions, SIDE } from './grid.js'
import { encodePng, encodeSmallPng } from './png.js'

/** Generated images: their grey levels, and methods that make PNG and GIF files of them. */
export class ImageBatch {
  /** In pixels. */
  readonly width = SIDE
  /** In pixels. */
  readonly height = SIDE
  /** How many images there are, from 1. */
  readonly count: number
  /** `count` × 784 grey levels, image by image and row by row, 0 black to 255 white. */
  readonly pixels: Uint8Array
  /** The label of each image, if the model has classes. */
  declare readonly labels?: Uint8Array | undefined
  /**
   * The classifier's confidence in each image's label, 0 to 1; without labels, in the digit that it reads. Only for
   * images that were made with `minConfidence`.
   */
  declare readonly confidences?: Float32Array | undefined

  /**
   * @param pixels not copied; a multiple of 784 grey levels
   * @param labels not copied; one for each image
   * @param confidences not copied; one for each image
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  constructor(pixels: Uint8Array, labels?: Uint8Array, confidences?: Float32Array) {
    const length = isUint8Array(pixels) ? lengthOf(pixels) : 0
    if (length === 0 || length % (SIDE * SIDE) !== 0) {
      throw invalidArgument('pixels', `a Uint8Array of a multiple of ${SIDE * SIDE} grey levels`, pixels)
    }
    this.pixels = pixels
    this.count = length / (SIDE * SIDE)
    if (labels !== undefined) {
      if (!isUint8Array(labels) || lengthOf(labels) !== this.count) {
        throw invalidArgument('labels', `a Uint8Array of ${this.count} labels`, labels)
      }
      this.labels = labels
    }
    if (confidences !== undefined) {
      if (!isFloat32Array(confidences) || lengthOf(confidences) !== this.count) {
        throw invalidArgument('confidences', `a Float32Array of ${this.count} numbers`, confidences)
      }
      this.confidences = confidences
    }
  }

  /**
   * Returns the 784 grey levels of image `i`, row by row. It is a view, not a copy.
   *
   * @param i from 0 and below `count`
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  image(i: number): Uint8Array {
    checkInteger('i', i, 0, this.count - 1)
    return this.pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE)
  }

  /**
   * Makes a PNG file of image `i`: 28×28 pixels, 8-bit grey, 880 bytes. It takes 0.006 ms.
   *
   * @param i from 0 and below `count`
   */
  async png(i: number): Promise<Buffer> {
    return encodeSmallPng(this.#frame(this.image(i)))
  }

  /**
   * Makes one PNG file of all images, 8-bit grey, edge to edge unless `gap` is given. Cells without an image are empty.
   * The picture may have 2²⁴ pixels; each million takes 6 to 12 ms.
   */
  async grid(options?: GridOptions): Promise<Buffer> {
    return encodePng(drawGrid(this.pixels, this.count, options))
  }

  /** Makes an animated GIF of all images, one after another. */
  async gif(options?: GifOptions): Promise<Buffer> {
    const frames = Array.from({ length: this.count }, (_, i) => this.#frame(this.image(i)))
    return gifOf(frames, options)
  }

  #frame(pixels: Uint8Array): GreyImage {
    return { width: SIDE, height: SIDE, pixels }
  }
}
