import type { DCGAN } from '../dcgan.js'
import type { Evaluation } from '../evaluation/index.js'
import type { EpochResult } from '../training/epoch-result.js'

/** Every message of a diagnostics channel has this property. */
export interface ModelMessage {
  /** The model that the message is about. */
  model: DCGAN
}

/** Every message about a call has these properties. It is published when the call ends. */
export interface CallMessage extends ModelMessage {
  /** How long the call took. */
  seconds: number
  /** The error or the aborted signal's reason that the call rejected with. Missing if the call succeeded. */
  error?: unknown
}

/** A message of `libtorch-dcgan:step`: a training step was made. The messages of a tenth of a second come together. */
export interface StepMessage extends ModelMessage {
  /** Steps that the model has made, this one included. */
  step: number
  /** Its epoch, from 1. */
  epoch: number
  /** The discriminator's loss, without gradient penalties. */
  discLoss: number
  /** The discriminator's loss on real images; NaN for the relativistic loss, which has no such parts. */
  discLossReal: number
  /** The discriminator's loss on generated images; NaN for the relativistic loss. */
  discLossFake: number
  /** The generator's loss. */
  genLoss: number
  /** The gradient penalty on real images; 0 for none. */
  r1: number
  /** The gradient penalty on generated images; 0 for none. */
  r2: number
  /** Training images per second, over about the last ten seconds. */
  imagesPerSecond: number
}

/** A message of `libtorch-dcgan:epoch`: an epoch is done, or `maxSteps` ended the call in the middle of it. */
export interface EpochMessage extends ModelMessage {
  /** As `trainEpoch()` returns it. */
  result: EpochResult
}

/**
 * A message of `libtorch-dcgan:sample`: a call of `sample()`, `interpolate()` or `saveGrid()`, or a batch of `generate()`,
 * has ended.
 */
export interface SampleMessage extends CallMessage {
  /** Images that were requested. */
  count: number
}

/** A message of `libtorch-dcgan:evaluation`: a call of `evaluate()` has ended. */
export interface EvaluationMessage extends CallMessage {
  /** Missing if the call failed. */
  evaluation?: Evaluation | undefined
}
