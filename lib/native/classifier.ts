import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readTensors } from '../checkpoint/index.js'
import { DcganError } from '../errors.js'
import type { NativeTensor } from './types.js'

/** The classifier of an evaluation. Figures of different classifiers cannot be compared. */
export interface ClassifierInfo {
  /** SHA-256 of its file, as hexadecimal digits. */
  digest: string
  /** The share of MNIST's 10,000 test images that it reads correctly. */
  accuracy: number
}

/**
 * The classifier that the package ships.
 *
 * @internal
 */
export interface Classifier extends ClassifierInfo {
  tensors: NativeTensor[]
}

/** Made by quality/classifier.py. */
const FILE = join(__dirname, '..', '..', 'weights', 'classifier.safetensors')

let loading: Promise<Classifier> | undefined

/**
 * Reads the classifier, once per process.
 *
 * @internal
 */
export function loadClassifier(): Promise<Classifier> {
  loading ??= read().catch(error => {
    // The next caller tries again.
    loading = undefined
    throw error
  })
  return loading
}

async function read(): Promise<Classifier> {
  const { tensors, metadata } = await readTensors(FILE)
  const accuracy = Number(metadata.get('accuracy'))
  if (!(accuracy > 0 && accuracy <= 1)) {
    throw new DcganError(
      'ERR_DCGAN_BAD_CHECKPOINT',
      `${FILE} does not hold the classifier that this package ships. Install the package again`,
    )
  }
  const digest = createHash('sha256')
    .update(await readFile(FILE))
    .digest('hex')
  return { digest, accuracy, tensors }
}
