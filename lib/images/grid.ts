import { invalidArgument } from '../errors.js'
import { checkKeys } from '../options.js'
import { checkPixels, checkScale, type GridOrder } from './grey.js'

/** Options of a grid of images. */
export interface GridOptions {
  /** Images in a row, from 1. Default: as many as make the grid square, ⌈√count⌉. */
  columns?: number
  /** Each pixel as a square of so many pixels' side, from 1. Default 1. */
  scale?: number
  /** Whether the images run along the rows (default), or down the columns, as in the tutorial's snapshots. */
  order?: GridOrder
}

/** Side of an image, in pixels. */
export const SIDE = 28

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
