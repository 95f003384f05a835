import { DcganError, invalidArgument } from '../errors.js'
import { type Check, integer, orElse } from '../internal/options.js'

/** A picture in 256 levels of grey. */
export interface GreyImage {
  /** In pixels, from 1. */
  width: number
  /** In pixels, from 1. */
  height: number
  /** `width` × `height` levels, row by row, 0 black to 255 white. */
  pixels: Uint8Array
}

/** The order of images in a grid. */
export type GridOrder = 'rows' | 'columns'

/**
 * The most pixels of a picture: 16.8 million, or 21,399 digits. Encoding a GIF blocks the event loop for 5 ms per million
 * pixels, and must not block it for more than a tenth of a second.
 */
export const MAX_PIXELS = 2 ** 24

/** Throws if a picture would have more pixels than are allowed. `keys` names the options that decide its size. */
export function checkPixels(width: number, height: number, keys: string): void {
  if (width * height <= MAX_PIXELS) return
  throw new DcganError(
    'ERR_DCGAN_INVALID_ARGUMENT',
    `A picture of ${width}×${height} pixels is larger than the ${MAX_PIXELS} pixels allowed. ` +
      `Make it smaller: check ${keys}`,
  )
}

/** The arrangement of images in `layGrid`. */
interface Cells {
  columns: number
  /** 'rows': image i is in row ⌊i / columns⌋. 'columns': in column ⌊i / rows⌋, as in the tutorial's snapshots. */
  order: GridOrder
  /** Pixels between neighbouring images. */
  gap: number
}

/** Arranges `count` images of one size in a grid. Gaps and cells without an image are black. */
export function layGrid(images: GreyImage, count: number, { columns, order, gap }: Cells): GreyImage {
  const { width, height, pixels } = images
  const rows = Math.ceil(count / columns)
  const [right, down] = [width + gap, height + gap]
  const grid = { width: columns * right - gap, height: rows * down - gap, pixels: new Uint8Array(0) }
  grid.pixels = new Uint8Array(grid.width * grid.height)
  for (let i = 0; i < count; i++) {
    const column = order === 'rows' ? i % columns : Math.floor(i / rows)
    const row = order === 'rows' ? Math.floor(i / columns) : i % rows
    for (let y = 0; y < height; y++) {
      const from = (i * height + y) * width
      grid.pixels.set(pixels.subarray(from, from + width), (row * down + y) * grid.width + column * right)
    }
  }
  return grid
}

/** Leaves `gap` black pixels around an image. */
export function surround(image: GreyImage, gap: number): GreyImage {
  if (gap === 0) return image
  const [width, height] = [image.width + 2 * gap, image.height + 2 * gap]
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < image.height; y++) {
    const from = y * image.width
    pixels.set(image.pixels.subarray(from, from + image.width), (y + gap) * width + gap)
  }
  return { width, height, pixels }
}

/** Computes the luma (ITU-R BT.601) of pixel `i`, from 0 to 255. `rgba`: four bytes per pixel. */
export function lumaAt(rgba: Uint8Array, i: number): number {
  return (
    0.299 * (rgba[4 * i] as number) +
    0.587 * (rgba[4 * i + 1] as number) +
    0.114 * (rgba[4 * i + 2] as number)
  )
}

/** Returns the negative: black becomes white. */
export function invert({ width, height, pixels }: GreyImage): GreyImage {
  return { width, height, pixels: pixels.map(level => 255 - level) }
}

/** Draws each pixel as a square of `scale` × `scale`, so that the strokes stay crisp. */
export function enlarge(image: GreyImage, scale: number): GreyImage {
  if (scale === 1) return image
  const width = image.width * scale
  const height = image.height * scale
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < image.height; y++) {
    const top = y * scale * width
    for (let x = 0; x < image.width; x++) {
      pixels.fill(image.pixels[y * image.width + x] as number, top + x * scale, top + (x + 1) * scale)
    }
    for (let copy = 1; copy < scale; copy++) pixels.copyWithin(top + copy * width, top, top + width)
  }
  return { width, height, pixels }
}

/** Checks an integer from 1. */
export const fromOne: Check<number> = (key, value) => {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw invalidArgument(key, 'an integer from 1', value)
  return value as number
}

export const checkScale = orElse(1, fromOne)
export const checkGap = orElse(0, integer(0, MAX_PIXELS))
