import type { GreyImage } from '../images/grey.js'
import { drawGrid, type GridOptions, SIDE } from '../images/grid.js'
import { checkInteger } from '../options.js'
import { intact } from '../typed-arrays.js'

const PIXELS = SIDE * SIDE

/** A browser's `ImageData`, where the compiler knows browsers: a bundler's rules give these types to Node.js programs too. */
type CanvasData = typeof globalThis extends { ImageData: { prototype: infer T } } ? T : never

/** Images of digits in a browser: their grey levels, as `ImageData` to draw and as PNG files. */
export class CanvasBatch {
  /** In pixels. */
  readonly width = SIDE
  /** In pixels. */
  readonly height = SIDE
  /** How many images there are, from 1. */
  readonly count: number
  /** `count` × 784 grey levels, image by image and row by row, 0 black to 255 white. */
  readonly pixels: Uint8Array
  /** The label of each image, if the generator has classes. */
  declare readonly labels?: Uint8Array | undefined

  /** @internal */
  constructor(pixels: Uint8Array, labels: Uint8Array | undefined) {
    this.pixels = pixels
    this.count = pixels.length / PIXELS
    if (labels !== undefined) this.labels = labels
  }

  /** The 784 grey levels of image `i`, row by row: a view, not a copy. */
  image(i: number): Uint8Array {
    checkInteger('i', i, 0, this.count - 1)
    return this.#levels().subarray(i * PIXELS, (i + 1) * PIXELS)
  }

  /** Image `i` for `putImageData()`. */
  imageData(i: number): CanvasData {
    return dataOf({ width: SIDE, height: SIDE, pixels: this.image(i) })
  }

  /** Image `i` as a PNG file. */
  png(i: number): Promise<Blob> {
    return encode(this.imageData(i))
  }

  /** All images as one picture, for `putImageData()`. */
  gridData(options?: GridOptions): CanvasData {
    return dataOf(drawGrid(() => this.#levels(), this.count, options))
  }

  /** All images as one PNG file. */
  async grid(options?: GridOptions): Promise<Blob> {
    return encode(this.gridData(options))
  }

  #levels(): Uint8Array {
    return intact('pixels', this.pixels, this.count * PIXELS)
  }
}

function dataOf({ width, height, pixels }: GreyImage): ImageData {
  const rgba = new Uint8ClampedArray(pixels.length * 4)
  for (const [i, level] of pixels.entries()) rgba.set([level, level, level, 255], 4 * i)
  return new ImageData(rgba, width, height)
}

function encode(data: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(data.width, data.height)
  canvas.getContext('2d')?.putImageData(data, 0, 0)
  return canvas.convertToBlob({ type: 'image/png' })
}
