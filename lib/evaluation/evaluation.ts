import type { ClassifierInfo } from '../native/classifier.js'

/** The figures of a set of images, compared with real ones in the classifier's features. */
export interface Figures {
  /** Images that were compared with the real ones. */
  count: number
  /** Distance of the features' distribution from that of real images. Smaller is better; 0 for the same distribution. */
  frechetDistance: number
  /** The share of the images that lie among real ones: high if the images look real. */
  precision: number
  /** The share of real images that lie among these: high if all the variety is there. */
  recall: number
  /** Like precision, but it counts how many real images are near, so it may exceed 1. */
  density: number
  /** The share of real images with one of these nearby. */
  coverage: number
  /** The mean of the classifier's largest probability. */
  confidence: number
  /** The share of the images that the classifier reads as each digit, 0 to 9. */
  classShares: number[]
  /** The share of the images that the classifier reads as their label. Only for models of ten classes. */
  labelAccuracy?: number | undefined
  /** The same for each label; NaN if no image has it. */
  labelAccuracyByClass?: number[] | undefined
}

/** The result of `evaluate()`. */
export interface Evaluation extends Figures {
  /** The seed that the images were drawn with. */
  seed: number
  /** The same figures for real images in the generator's place: what a perfect generator would have. */
  floor: Figures
  /** The classifier that was used. */
  classifier: ClassifierInfo
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** The share of the work that is done, 0 to 1. */
  fraction: number
}
