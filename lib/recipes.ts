import { DEFAULTS, type HyperParams } from './hyperparams.js'

/** Hyper-parameters to begin with. */
export type Recipe = Readonly<Partial<HyperParams>>

/** The recipes by name. */
export interface Recipes {
  /**
   * The defaults: those of Flux's "Deep Convolutional Generative Adversarial Network" (2021), which this package
   * follows.
   */
  readonly tutorial: Recipe
  /** The best digits that the project has measured (docs/quality.md), and digits after the first epoch. */
  readonly best: Recipe
}

const { batchSize, latentDim, epochs, verboseFreq, outputDim, discLr, genLr, beta1, beta2 } = DEFAULTS

/** Frozen sets of hyper-parameters to begin with: `new DCGAN({ ...recipes.best, epochs: 3 })`. */
export const recipes: Recipes = Object.freeze({
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
