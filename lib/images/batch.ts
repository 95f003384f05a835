import { lazy } from '../internal/lazy.js'
import { SIDE } from '../internal/sizes.js'
import type { Bytes, Floats } from '../internal/typed-arrays.js'
import type { GifOptions } from './gif.js'
import { GreyBatch } from './grey-batch.js'
import { drawGrid, type GridOptions } from './grid.js'
import type { PngOptions } from './picture.js'
import type { FileBytes } from './png.js'

const gifs = lazy(() => require('./gif.js') as typeof import('./gif.js'))
const pictures = lazy(() => require('./picture.js') as typeof import('./picture.js'))
const pngs = lazy(() => require('./png.js') as typeof import('./png.js'))

/**
 * Generated images: their grey levels, and methods that make PNG and GIF files of them. Iterating over a batch gives
 * its images one by one.
 */
export class ImageBatch extends GreyBatch {
  /**
   * Makes a PNG file of image `i`: 28×28 pixels, 8-bit grey, 880 bytes. It takes 0.006 ms.
   *
   * @param i from 0 and below `count`
   * @param options `scale` enlarges it, `invert` draws black on white, `gap` leaves empty pixels around it
   */
  override async png(i: number, options?: PngOptions): Promise<FileBytes> {
    // The pixels are copied, because the options may have a getter that transfers them.
    const image = { ...this.frame(i), pixels: this.image(i).slice() }
    const picture = pictures().drawPicture(image, options)
    return picture.width === SIDE ? pngs().encodeSmallPng(picture) : pngs().encodePng(picture)
  }

  /**
   * Makes one PNG file of all images, 8-bit grey, edge to edge unless `gap` is given. Cells without an image are empty.
   * The picture may have 2²⁴ pixels. A million takes about 6 ms, 1 ms of it on the event loop.
   */
  override async grid(options?: GridOptions): Promise<FileBytes> {
    return pngs().encodePng(drawGrid(() => this.levels(), this.count, options))
  }

  /** Makes an animated GIF of all images, one after another. */
  async gif(options?: GifOptions): Promise<FileBytes> {
    const { checkGifOptions, gifOf } = gifs()
    const checked = checkGifOptions(options)
    const frames = Array.from({ length: this.count }, (_, i) => this.frame(i))
    return gifOf(frames, checked)
  }
}

/** Images that were requested with labels. */
export interface LabelledBatch extends ImageBatch {
  /** The label of each image. */
  readonly labels: Bytes
}

/** Images that were requested with a confidence. */
export interface ConfidentBatch extends ImageBatch {
  /** The classifier's confidence in each image's label, 0 to 1. */
  readonly confidences: Floats
}
