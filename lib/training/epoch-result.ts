import type { Evaluation } from '../evaluation/index.js'

/** The result of one pass over the data set. */
export interface EpochResult {
  /** Number of the epoch, from 1. */
  epoch: number
  /** Steps of this call: a whole epoch, the rest of an epoch that was begun before, or as many as `maxSteps` allowed. */
  steps: number
  /** Mean of `discLosses`. */
  discLoss: number
  /** Mean of `genLosses`. */
  genLoss: number
  /** Wall-clock time of these steps, with the sampling between them. */
  seconds: number
  /** Training images per second. */
  imagesPerSecond: number
  /** The discriminator's loss at each step, without gradient penalties. */
  discLosses: Float32Array
  /** The generator's loss at each step. */
  genLosses: Float32Array
}

/** The argument of `onEpoch`. */
export interface EpochSummary extends EpochResult {
  /** The figures after this epoch, if it was evaluated. */
  evaluation?: Evaluation | undefined
}
