import type { ClassifierInfo } from '../native/classifier.js'

/** Figures of a set of images beside real ones, in the features of the classifier. */
export interface Figures {
  /** Images that were compared with the real ones. */
  count: number
  /** How far the features' distribution is from that of real images; 0 for the same one, and smaller is better. */
  frechetDistance: number
  /** The share of the images that lie among real ones: how real they look. */
  precision: number
  /** The share of real images that lie among these: how much of the variety is there. */
  recall: number
  /** As precision, but weighted by how many real images are near: it may exceed 1. */
  density: number
  /** The share of real images that have one of these near them. */
  coverage: number
  /** The mean of the classifier's largest probability. */
  confidence: number
  /** The share of the images that the classifier reads as each digit, 0 to 9. */
  classShares: number[]
  /** The share of the images in which the classifier reads their label. Only where the model has ten classes. */
  labelAccuracy?: number | undefined
  /** The same for each label; NaN where no image has it. */
  labelAccuracyByClass?: number[] | undefined
}

/** What `evaluate()` found. */
export interface Evaluation extends Figures {
  /** The seed that the images were drawn with. */
  seed: number
  /** The same figures for real images in the generator's place: what a perfect generator would have. */
  floor: Figures
  /** Which classifier all this is by. */
  classifier: ClassifierInfo
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** The share of the work that is done, 0 to 1. */
  fraction: number
}
