import type { GreyImage } from '../../images/grey.js'
import { GreyBatch } from '../../images/grey-batch.js'
import { drawGrid, type GridOptions } from '../../images/grid.js'
import { drawPicture, type PngOptions } from '../../images/picture.js'
import type { Bytes } from '../../internal/typed-arrays.js'
import { encodePng } from './png.js'

/** A browser's `ImageData`, where the compiler knows browsers. */
type CanvasData = typeof globalThis extends { ImageData: { prototype: infer T } } ? T : never

/** Images of digits in a browser, a worker or an edge runtime: their grey levels, PNG files, and `ImageData` to draw. */
export class WebBatch extends GreyBatch {
  override async png(i: number, options?: PngOptions): Promise<Bytes> {
    // The pixels are copied, because the options may have a getter that transfers them.
    return encodePng(drawPicture({ ...this.frame(i), pixels: this.image(i).slice() }, options))
  }

  override async grid(options?: GridOptions): Promise<Bytes> {
    return encodePng(drawGrid(() => this.levels(), this.count, options))
  }

  /** Image `i` for `putImageData()`, in browsers and their workers. */
  imageData(i: number): CanvasData {
    return dataOf(this.frame(i))
  }

  /** All images as one picture, for `putImageData()`. */
  gridData(options?: GridOptions): CanvasData {
    return dataOf(drawGrid(() => this.levels(), this.count, options))
  }
}

function dataOf({ width, height, pixels }: GreyImage): ImageData {
  const rgba = new Uint8ClampedArray(pixels.length * 4)
  for (const [i, level] of pixels.entries()) rgba.set([level, level, level, 255], 4 * i)
  return new ImageData(rgba, width, height)
}
