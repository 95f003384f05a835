import { types } from 'node:util'
import { invalidArgument } from '../errors.js'
import { checkInteger, checkKeys } from '../options.js'
import { lengthOf } from '../typed-arrays.js'
import { type GifOptions, gifOf } from './gif.js'
import { checkPixels, checkScale, enlarge, type GreyImage, type GridOrder, layGrid } from './grey.js'
import { encodePng, encodeSmallPng } from './png.js'

/** Options of a grid of images. */
export interface GridOptions {
  /** Images in a row, from 1. Default: as many as make the grid square, ⌈√count⌉. */
  columns?: number
  /** Each pixel as a square of so many pixels' side, from 1. Default 1. */
  scale?: number
  /** Whether the images run along the rows (default), or down the columns, as in the tutorial's snapshots. */
  order?: GridOrder
}

const SIDE = 28

/** Images of digits: their grey levels, and the PNG and GIF files that they make. */
export class ImageBatch {
  /** In pixels. */
  readonly width = SIDE
  /** In pixels. */
  readonly height = SIDE
  /** How many images there are, from 1. */
  readonly count: number
  /** `count` × 784 grey levels, image by image and row by row, 0 black to 255 white. */
  readonly pixels: Uint8Array
  /** What each image was asked to show, where the model has classes. */
  readonly labels?: Uint8Array

  /**
   * @param pixels not copied; a multiple of 784 grey levels
   * @param labels not copied; one for each image
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  constructor(pixels: Uint8Array, labels?: Uint8Array) {
    const length = types.isUint8Array(pixels) ? lengthOf(pixels) : 0
    if (length === 0 || length % (SIDE * SIDE) !== 0) {
      throw invalidArgument('pixels', `a Uint8Array of a multiple of ${SIDE * SIDE} grey levels`, pixels)
    }
    this.pixels = pixels
    this.count = length / (SIDE * SIDE)
    if (labels === undefined) return
    if (!types.isUint8Array(labels) || lengthOf(labels) !== this.count) {
      throw invalidArgument('labels', `a Uint8Array of ${this.count} labels`, labels)
    }
    this.labels = labels
  }

  /**
   * The 784 grey levels of image `i`, row by row: a view, not a copy.
   *
   * @param i from 0 and below `count`
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
   */
  image(i: number): Uint8Array {
    checkInteger('i', i, 0, this.count - 1)
    return this.pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE)
  }

  /**
   * Image `i` as a PNG file: 28×28 pixels, 8-bit grey; 880 bytes, made in 0.006 ms.
   *
   * @param i from 0 and below `count`
   */
  async png(i: number): Promise<Buffer> {
    return encodeSmallPng(this.#frame(this.image(i)))
  }

  /**
   * All images edge to edge as one PNG file, 8-bit grey. Cells of the last row (or column) without an image are
   * black. It may have 2²⁴ pixels, and takes 6 to 12 ms a million of them.
   */
  async grid(options?: GridOptions): Promise<Buffer> {
    const { columns, scale, order } = checkGridOptions(options, this.count)
    return encodePng(enlarge(layGrid(this.#frame(this.pixels), this.count, columns, order), scale))
  }

  /** All images one after another as an animated GIF. */
  async gif(options?: GifOptions): Promise<Buffer> {
    const frames = Array.from({ length: this.count }, (_, i) => this.#frame(this.image(i)))
    return gifOf(frames, options)
  }

  #frame(pixels: Uint8Array): GreyImage {
    return { width: SIDE, height: SIDE, pixels }
  }
}

/**
 * The complete options of a grid of `count` images, which are then known to make a picture that is not too large.
 *
 * @internal
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function checkGridOptions(options: unknown, count: number): Required<GridOptions> {
  const given = checkKeys('the options of the grid', options, ['columns', 'scale', 'order'])
  const { columns = Math.ceil(Math.sqrt(count)), scale: givenScale = 1, order = 'rows' } = given
  if (!Number.isSafeInteger(columns) || (columns as number) < 1) {
    throw invalidArgument('columns', 'an integer from 1', columns)
  }
  if (order !== 'rows' && order !== 'columns') throw invalidArgument('order', "'rows' or 'columns'", order)
  const scale = checkScale(givenScale)
  const layout = { columns: columns as number, scale, order } as const
  const rows = Math.ceil(count / layout.columns)
  checkPixels(layout.columns * SIDE * scale, rows * SIDE * scale, 'columns, scale and the number of images')
  return layout
}
