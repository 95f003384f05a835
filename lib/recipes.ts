import { DEFAULTS, type HyperParamOptions } from './hyperparams.js'

/** Hyper-parameters to begin with. */
export type Recipe = Readonly<HyperParamOptions>

/** The recipes by name. */
export interface Recipes {
  /**
   * The defaults of all hyper-parameters except `seed`, from Flux's "Deep Convolutional Generative Adversarial
   * Network" (2021), which this package follows.
   */
  readonly tutorial: Recipe
  /**
   * The recipe with the best digits that the project has measured (docs/quality.md). They can be read after the first
   * epoch. It is class-conditional with ten classes, so the data set needs labels; `classes: 0` trains without them. Its
   * learning rates, gradient penalties and weight of mismatched labels fall over 20 epochs.
   */
  readonly best: Recipe
}

/** Epochs with the full learning rate, and epochs in total. */
const [FULL_EPOCHS, EPOCHS] = [8, 20]

/** Returns the learning rate of each epoch: first the full rate, then a straight line towards 0 after the last epoch. */
function falling(rate: number): readonly number[] {
  // Epochs count from 0 here. The last epoch with the full rate is on the line.
  const length = EPOCHS - (FULL_EPOCHS - 1)
  return eachEpoch(epoch => rate * Math.min(1, (EPOCHS - epoch) / length))
}

/** The weight of the gradient penalties in each epoch: it falls from 0.2, by a factor of ten per 24 epochs, to 0.0323. */
const penalties = eachEpoch(epoch => Number((0.2 * 0.1 ** (epoch / 24)).toPrecision(4)))

/** The weight of mismatched labels in each epoch: it falls in a straight line from 0.025 to 0.005. */
const mismatch = eachEpoch(epoch => Number((0.025 - (0.02 * epoch) / (EPOCHS - 1)).toFixed(5)))

function eachEpoch(value: (epoch: number) => number): readonly number[] {
  return Object.freeze(Array.from({ length: EPOCHS }, (_, epoch) => value(epoch)))
}

/** Frozen sets of hyper-parameters to begin with: `new DCGAN({ ...recipes.best, epochs: 3 })`. */
export const recipes: Recipes = Object.freeze({
  tutorial: DEFAULTS,
  best: Object.freeze({
    batchSize: 64,
    latentDim: 48,
    classes: 10,
    epochs: EPOCHS,
    verboseFreq: 250,
    outputDim: 10,
    discLr: falling(0.001),
    genLr: falling(0.0005),
    beta1: 0,
    dropout: 0.1,
    r1: penalties,
    r2: penalties,
    mismatch,
    emaDecay: 0.9995,
    precision: 'auto',
  }),
})
