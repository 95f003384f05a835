import type { HyperParams } from '../hyperparams.js'
import { checkInteger, checkOptions, checkSignal, optional } from '../internal/options.js'
import { MAX_SEED } from '../internal/random.js'
import { allocate } from '../internal/typed-arrays.js'
import type { NativeSampleRequest } from '../native/types.js'
import { type Classes, checkLabel } from './labels.js'
import { checkFits, checkTruncation } from './request.js'

/** Options of `interpolate()`. */
export interface InterpolateOptions {
  /** The label of all images of a class-conditional model. Default: the label that `fromSeed` draws. */
  label?: number | string | undefined
  /** The factor of the latent vectors, as for `sample()`. Default 1. */
  truncation?: number | undefined
  /** Cancels the images that still wait. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Frames of an interpolation, if none are given. */
const DEFAULT_FRAMES = 16

/** Checks the arguments of `interpolate`. The options may take the place of the frames. */
export function checkInterpolation(
  fromSeed: number,
  toSeed: number,
  framesOrOptions: number | InterpolateOptions | undefined,
  given: InterpolateOptions | undefined,
  { maxQueue, ...of }: Pick<HyperParams, 'maxQueue'> & Classes,
): { request: Omit<NativeSampleRequest, 'latents'>; signal: AbortSignal | undefined } {
  const alone = typeof framesOrOptions === 'object' && framesOrOptions !== null && given === undefined
  const options = alone ? framesOrOptions : given
  const frames = alone || framesOrOptions === undefined ? DEFAULT_FRAMES : (framesOrOptions as number)
  checkInteger('fromSeed', fromSeed, 0, MAX_SEED)
  checkInteger('toSeed', toSeed, 0, MAX_SEED)
  checkInteger('frames', frames, 2, 10_000)
  const { label, truncation, signal } = checkOptions('the options of interpolate()', options, {
    label: optional((key, value) => checkLabel(key, value, of)),
    truncation: checkTruncation,
    signal: checkSignal,
  })
  const request = {
    count: frames,
    seed: fromSeed,
    first: 0,
    labels: label === undefined ? undefined : allocate(() => new Uint8Array(frames)).fill(label),
    oneLabel: true,
    fixed: false,
    minConfidence: undefined,
    truncation,
  }
  checkFits(frames, maxQueue)
  return { request, signal }
}

/**
 * Interpolates `frames` latent vectors along the great circle between two, both ends included (White 2016, "Sampling
 * Generative Networks"). A straight line would pass through shorter vectors than any in training.
 */
export function slerp(from: Float32Array, to: Float32Array, frames: number): Float32Array {
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to)))))
  const sine = Math.sin(angle)
  const path = allocate(() => new Float32Array(frames * from.length))
  for (let frame = 0; frame < frames; frame++) {
    const t = frame / (frames - 1)
    // Parallel vectors span no circle. The straight line is then the same path.
    const [a, b] = sine < 1e-6 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine]
    for (let i = 0; i < from.length; i++) {
      path[frame * from.length + i] = a * (from[i] as number) + b * (to[i] as number)
    }
  }
  return path
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
}
