import type { NativeConfig } from '../lib/native/types'

/** The configuration of models that tests make with the addon itself. */
export const NATIVE_CONFIG: NativeConfig = {
  device: 'cpu',
  precision: 'float32',
  threads: 1,
  seed: 3,
  batchSize: 4,
  latentDim: 100,
  classes: 0,
  fixedCount: 4,
  discLr: [2e-4],
  genLr: [2e-4],
  beta1: 0.9,
  beta2: 0.999,
  loss: 'bce',
  r1: [0],
  r2: [0],
  dropout: 0.3,
  labelSmoothing: 0,
  discSteps: 1,
  emaDecay: 0,
  maxBatch: 64,
  maxQueue: 1024,
  kernels: 'auto',
  stepsTogether: 0,
}
