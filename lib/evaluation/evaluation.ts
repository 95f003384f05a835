import type { ClassifierInfo } from '../native/classifier.js'

/** The figures of a set of images, compared with real ones in the classifier's features. */
export interface Figures {
  /** Images that were compared with the real ones. */
  count: number
  /**
   * Distance between the distributions of the features of these and of real images. Smaller is better; 0 for the same
   * distribution.
   */
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
  /** For each class, the share of the images that the classifier reads as this class. */
  classShares: number[]
  /** The share of the images that the classifier reads as their label. Only if the model has the classifier's classes. */
  labelAccuracy?: number | undefined
  /** The same for each label; NaN if no image has it. */
  labelAccuracyByClass?: number[] | undefined
  /**
   * The Fréchet distance between the images and the real ones of each label; NaN with less than two images. A tenth of the
   * images have a larger distance than all, so compare it only with `floor`'s.
   */
  frechetDistanceByClass?: number[] | undefined
}

/** How well generated images teach a classifier (Ravuri and Vinyals 2019). */
export interface AccuracyScore {
  /** Images that each of two classifiers was trained on. */
  count: number
  /** The share of the real images that a classifier reads correctly after it was trained on generated images. */
  generated: number
  /** The same after it was trained on as many real images. */
  real: number
}

/** The result of `evaluate()`. */
export interface Evaluation extends Figures {
  /** The seed that the images were drawn with. */
  seed: number
  /** The same figures for training images in the generator's place. The classifier was trained on them. */
  floor: Figures
  /**
   * The same figures for real images that the classifier was not trained on: the images to compare with, in two halves,
   * each compared with the other. Their distance is larger than between whole sets, as a half has fewer images. Undefined
   * where the classifier was trained on them, or where they are fewer than four.
   */
  unseen?: Figures | undefined
  /** Only with the option `accuracyScore`. */
  accuracyScore?: AccuracyScore | undefined
  /** The classifier that was used. */
  classifier: ClassifierInfo
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** The share of the work that is done, 0 to 1. */
  fraction: number
}
