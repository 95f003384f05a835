import type { DCGAN } from './dcgan.js'
import type { Evaluation } from './evaluation/index.js'
import type { EpochResult } from './training/run.js'

/** What each message of a diagnostics channel has. */
export interface ModelMessage {
  /** The model that it is about. */
  model: DCGAN
}

/** What each message about a call has: it is published when the call ends. */
export interface CallMessage extends ModelMessage {
  /** From the call to its end. */
  seconds: number
  /** What the call rejected with, such as an aborted signal's reason; missing where it succeeded. */
  error?: unknown
}

/** A message of `libtorch-dcgan:step`: a training step was made. Those of a tenth of a second come together. */
export interface StepMessage extends ModelMessage {
  /** Steps that the model has made, this one included. */
  step: number
  /** Its epoch, from 1. */
  epoch: number
  /** The discriminator's loss, without gradient penalties. */
  discLoss: number
  /** Its part of real images; NaN for the relativistic loss, which has no such parts. */
  discLossReal: number
  /** Its part of generated images, likewise. */
  discLossFake: number
  /** The generator's loss. */
  genLoss: number
  /** The gradient penalty on real images; 0 for none. */
  r1: number
  /** The gradient penalty on generated images; 0 for none. */
  r2: number
  /** Over the last ten seconds or so. */
  imagesPerSecond: number
}

/** A message of `libtorch-dcgan:epoch`: an epoch, or as much of it as a call was to make, is done. */
export interface EpochMessage extends ModelMessage {
  /** As `trainEpoch()` returns it. */
  result: EpochResult
}

/** A message of `libtorch-dcgan:sample`: a request of `sample()`, `interpolate()` or `saveGrid()` has ended. */
export interface SampleMessage extends CallMessage {
  /** Images that were asked for. */
  count: number
}

/** A message of `libtorch-dcgan:evaluation`: a call of `evaluate()` has ended. */
export interface EvaluationMessage extends CallMessage {
  /** Missing where the call failed. */
  evaluation?: Evaluation | undefined
}
