import { DEFAULTS, type HyperParams } from './hyperparams.js'

type Recipe = Readonly<Partial<HyperParams>>

const { batchSize, latentDim, epochs, verboseFreq, outputDim, discLr, genLr, beta1, beta2 } = DEFAULTS

/**
 * Frozen sets of hyper-parameters to begin with: `new DCGAN({ ...recipes.best, epochs: 3 })`.
 *
 * `tutorial` holds the defaults: those of Flux's "Deep Convolutional Generative Adversarial Network" (2021). `best`
 * makes the best digits that the project has measured (docs/quality.md), and digits after the first epoch.
 */
export const recipes: Readonly<{ tutorial: Recipe; best: Recipe }> = Object.freeze({
  tutorial: Object.freeze({
    batchSize,
    latentDim,
    epochs,
    verboseFreq,
    outputDim,
    discLr,
    genLr,
    beta1,
    beta2,
  }),
  best: Object.freeze({
    batchSize: 64,
    latentDim: 10,
    discLr: 0.001,
    genLr: 0.0005,
    beta1: 0,
    emaDecay: 0.9995,
    precision: 'auto',
  }),
})
