import { type Complete, checkOptions, checkSwitch, oneOf, orElse } from '../internal/options.js'
import { SIDE } from '../internal/sizes.js'
import {
  checkGap,
  checkPixels,
  checkScale,
  enlarge,
  fromOne,
  type GreyImage,
  type GridOrder,
  invert,
  layGrid,
} from './grey.js'

/** Options of a grid of images. */
export interface GridOptions {
  /** Images per row, from 1. Default: as many as make the grid square, ⌈√count⌉. */
  columns?: number | undefined
  /** Draws each pixel as a square with sides of this many pixels, from 1. Default 1. */
  scale?: number | undefined
  /** Whether the images run along the rows (default), or down the columns, as in the tutorial's snapshots. */
  order?: GridOrder | undefined
  /** Empty pixels between neighbouring images, from 0; `scale` enlarges them too. Default 0. */
  gap?: number | undefined
  /** Draws black digits on white. Default false: white on black, as in MNIST. */
  invert?: boolean | undefined
}

/** The names of all options of a grid. */
export const GRID_OPTIONS = ['columns', 'scale', 'order', 'gap', 'invert'] as const

/**
 * Completes the options of a grid of `count` images, and checks that the picture is not too large.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function checkGridOptions(options: unknown, count: number): Complete<GridOptions> {
  const checks = {
    columns: orElse(Math.ceil(Math.sqrt(count)), fromOne),
    scale: checkScale,
    order: orElse('rows', oneOf('rows', 'columns')),
    gap: checkGap,
    invert: checkSwitch,
  }
  const checked = checkOptions('the options of the grid', options, checks)
  const { columns, scale, gap } = checked
  const side = (images: number) => (images * (SIDE + gap) - gap) * scale
  const keys = 'columns, scale, gap and the number of images'
  checkPixels(side(columns), side(Math.ceil(count / columns)), keys)
  return checked
}

/**
 * Draws images of 28×28 pixels, which lie one after the other, as one picture. Calls `levels` for them after it has read
 * the options, which may have a getter that transfers them.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function drawGrid(
  levels: () => Uint8Array,
  count: number,
  options: GridOptions | undefined,
): GreyImage {
  const { scale, invert: inverted, ...layout } = checkGridOptions(options, count)
  const grid = enlarge(layGrid({ width: SIDE, height: SIDE, pixels: levels() }, count, layout), scale)
  return inverted ? invert(grid) : grid
}
