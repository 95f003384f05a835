import type { ClassifierInfo } from '../native/classifier.js'
import type { AccuracyScore, Figures } from '../native/types.js'

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
