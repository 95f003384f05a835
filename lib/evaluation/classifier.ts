import { type Dataset, fingerprintOf, type TrainingData } from '../datasets/index.js'
import type { HyperParams } from '../hyperparams.js'
import { lengthOf } from '../internal/typed-arrays.js'
import {
  type Classifier,
  type ClassifierFiles,
  classifierOf,
  keepClassifier,
  loadClassifier,
  nameOf,
} from '../native/classifier.js'
import type { Model } from '../native/model.js'
import type { Own } from './compared.js'

/** Which images a classifier is chosen for, and what watches its training. */
export interface Choice {
  data: TrainingData
  /** Real images, which it is trained on if there is none. */
  images: Dataset
  own: Own
  /** The folder of the classifiers. */
  files: ClassifierFiles
  /** Called with the share of its training that is done. May throw to stop it. */
  onProgress: (fraction: number) => void
}

/**
 * Returns the classifier to compare images with: the shipped one for digits, and one of their own for other images that
 * have labels. That is trained at the first call, which takes up to a minute.
 */
export async function chooseClassifier(
  model: Model,
  { classes }: Pick<HyperParams, 'classes'>,
  { data, images, own, files, onProgress }: Choice,
): Promise<Classifier> {
  if (data.digits || lengthOf(images.labels) !== images.count) return loadClassifier()
  const hash = own === undefined ? await fingerprintOf(images, classes) : nameOf(data.hash, own)
  const kept = await classifierOf(hash, files)
  if (kept !== undefined) return kept
  const known = images.labels.reduce((most, label) => Math.max(most, label + 1), classes)
  const { labels, count } = images
  const request = { images: images.images, labels, count, classes: known }
  const { tensors, accuracy } = await model.trainClassifier(request, onProgress)
  return keepClassifier(hash, files, tensors, accuracy)
}
