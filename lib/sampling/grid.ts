import { type HyperParams, modelsKey } from '../hyperparams.js'
import { checkGridOptions, GRID_OPTIONS, type GridOptions } from '../images/grid.js'
import { checkKeys, defined, reading } from '../internal/options.js'
import { isFloat32Array, lengthOf } from '../internal/typed-arrays.js'
import type { NativeSampleRequest } from '../native/types.js'
import { type Classes, checkLabels, type Labels } from './labels.js'
import { checkCount, checkMinConfidence, checkRoom, checkSource, checkTruncation } from './request.js'

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

const SOURCE = ['seed', 'latents', 'labels', 'count', 'minConfidence', 'truncation'] as const

type GridHyperParams = Pick<HyperParams, 'latentDim' | 'outputDim' | 'maxQueue'> & Classes

/** Checks the options of `saveGrid`. `request` is undefined for the model's fixed latent vectors. */
export function checkSaveGrid(
  options: SaveGridOptions | undefined,
  hparams: GridHyperParams,
): { request: NativeSampleRequest | undefined; truncation: number; layout: GridOptions } {
  const values = checkKeys('the options of saveGrid()', options, [...SOURCE, ...GRID_OPTIONS], modelsKey)
  const { seed, latents, labels, count, minConfidence, truncation: factor, ...layout } = values
  const truncation = checkTruncation(factor)
  const request = checkGridSource({ seed, latents, labels, count, minConfidence }, truncation, hparams)
  const { outputDim, maxQueue } = hparams
  const defaults = request === undefined ? { columns: outputDim, order: 'columns' as const } : {}
  const checked = checkGridOptions({ ...defaults, ...defined(layout) }, request?.count ?? outputDim ** 2)
  if (request !== undefined) checkRoom(request.count, maxQueue)
  return { request, truncation, layout: checked }
}

function checkGridSource(
  { seed, latents, labels, count, minConfidence }: Record<string, unknown>,
  truncation: number,
  { latentDim, outputDim, ...of }: GridHyperParams,
): NativeSampleRequest | undefined {
  if ([seed, latents, labels, count, minConfidence].every(value => value === undefined)) return undefined
  const images = checkCount(
    count === undefined ? (given(latents, labels, latentDim) ?? outputDim ** 2) : count,
  )
  const source = checkSource(seed, latents, images, latentDim)
  return {
    count: images,
    ...source,
    labels: checkLabels(labels, images, of),
    fixed: false,
    minConfidence: checkMinConfidence(minConfidence, latents, of),
    truncation,
  }
}

/** Returns for how many images there are latent vectors or labels; undefined if one label is for all. */
function given(latents: unknown, labels: unknown, latentDim: number): number | undefined {
  if (isFloat32Array(latents)) return Math.max(1, Math.floor(lengthOf(latents) / latentDim))
  if (typeof labels !== 'object' || labels === null) return undefined
  const length: unknown = reading('labels', () => (labels as ArrayLike<unknown>).length)
  return typeof length === 'number' && length > 0 ? length : undefined
}
