import { type HyperParams, modelsKey } from '../hyperparams.js'
import { checkGridOptions, GRID_OPTIONS, type GridOptions } from '../images/grid.js'
import { checkKeys, defined, reading } from '../internal/options.js'
import { isFloat32Array, lengthOf } from '../internal/typed-arrays.js'
import type { NativeSampleRequest } from '../native/types.js'
import type { Classes, Labels } from './labels.js'
import { checkCount, checkFits, checkImages, IMAGE_OPTIONS } from './request.js'

/** Options of `saveGrid()`. */
export interface SaveGridOptions extends GridOptions {
  /** Draws the latent vectors, instead of the model's fixed ones. */
  seed?: number | undefined
  /** Latent vectors, count × latentDim, instead of the model's fixed ones. */
  latents?: Float32Array | undefined
  /** The labels of the images, as for `sample()`. */
  labels?: Labels | undefined
  /** How many images are made. Default: one for each of the `latents` or `labels` given, otherwise `outputDim²`. */
  count?: number | undefined
  /** Draws an image again until the classifier is this confident, as for `sample()`. */
  minConfidence?: number | undefined
  /** The factor of the latent vectors, as for `sample()`; also of the model's fixed ones. Default 1. */
  truncation?: number | undefined
}

/** Checks the options of `saveGrid`. Without options for other images, it shows the fixed latent vectors. */
export function checkSaveGrid(
  options: SaveGridOptions | undefined,
  { outputDim, maxQueue, ...of }: Pick<HyperParams, 'latentDim' | 'outputDim' | 'maxQueue'> & Classes,
): { request: NativeSampleRequest; layout: GridOptions } {
  const keys = ['count', ...IMAGE_OPTIONS, ...GRID_OPTIONS]
  const values = checkKeys('the options of saveGrid()', options, keys, modelsKey)
  const { count, seed, latents, labels, minConfidence, truncation: _, ...layout } = values
  const fixed = [count, seed, latents, labels, minConfidence].every(value => value === undefined)
  const images = count === undefined ? (countGiven(latents, labels, of.latentDim) ?? outputDim ** 2) : count
  const request = { ...checkImages(values, checkCount(images), of), fixed }
  const defaults = fixed ? { columns: outputDim, order: 'columns' as const } : {}
  const checked = checkGridOptions({ ...defaults, ...defined(layout) }, request.count)
  if (!fixed) checkFits(request.count, maxQueue)
  return { request, layout: checked }
}

/** Returns for how many images there are latent vectors or labels; undefined if one label is for all. */
function countGiven(latents: unknown, labels: unknown, latentDim: number): number | undefined {
  if (isFloat32Array(latents)) return Math.max(1, Math.floor(lengthOf(latents) / latentDim))
  if (typeof labels !== 'object' || labels === null) return undefined
  const length: unknown = reading('labels', () => (labels as ArrayLike<unknown>).length)
  return typeof length === 'number' && length > 0 ? length : undefined
}
