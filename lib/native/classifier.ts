import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readTensors } from '../checkpoint/file.js'
import { encodeTensors } from '../checkpoint/tensors.js'
import { DcganError } from '../errors.js'
import { makeFolder, writeFileAtomic } from '../internal/files.js'
import { lazy } from '../internal/lazy.js'
import type { NativeTensor } from './types.js'

/** The classifier of an evaluation. Figures of different classifiers cannot be compared. */
export interface ClassifierInfo {
  /** SHA-256 of its file, as hexadecimal digits. */
  digest: string
  /**
   * The share of images that it reads correctly: of MNIST's 10,000 test images, or of those held back from its
   * training.
   */
  accuracy: number
}

/** A classifier with its weights. */
export interface Classifier extends ClassifierInfo {
  /** The number of its classes. */
  classes: number
  tensors: NativeTensor[]
}

/** Only classifiers of the user's own images lie in the cache. */
const cache = lazy(
  () => require('../internal/cache-folder.js') as typeof import('../internal/cache-folder.js'),
)

/** Made by quality/classifier.py. */
const FILE = join(__dirname, '..', '..', 'weights', 'classifier.safetensors')

let loading: Promise<Classifier> | undefined

/** Reads the classifier, once per process. */
export function loadClassifier(): Promise<Classifier> {
  loading ??= readShipped().catch(error => {
    // The next caller tries again.
    loading = undefined
    throw error
  })
  return loading
}

/** The classifiers of other images than digits that this process has used, by the fingerprint of the images. */
const others = new Map<string, Classifier>()

/**
 * Returns the file in the user's cache folder for a classifier.
 *
 * @internal
 */
export type ClassifierFiles = (hash: string) => string

/**
 * Returns the files for classifiers in the cache folder of now, whatever the environment variables are later.
 *
 * @internal
 */
export function classifierFiles(): ClassifierFiles {
  try {
    const folder = join(cache().cacheFolder(), 'classifiers')
    return hash => join(folder, `${hash}.safetensors`)
  } catch (error) {
    // Often there is no need for a file.
    return () => {
      throw error
    }
  }
}

/**
 * Returns the name of a classifier that was trained on all images with this fingerprint, or on half of them. They are two
 * classifiers, because the other half is unseen to one of them only.
 */
export function nameOf(hash: string, part: 'all' | 'half'): string {
  return part === 'all' ? hash : `${hash}-half`
}

/**
 * Returns the classifier of the images with this fingerprint, which `keepClassifier()` kept in this process or in an
 * earlier one. Returns undefined if there is none.
 */
export async function classifierOf(
  hash: string,
  fileOf: ClassifierFiles = classifierFiles(),
): Promise<Classifier | undefined> {
  const known = others.get(hash)
  if (known !== undefined) return known
  const found = await read(fileOf(hash)).catch(() => undefined)
  if (found !== undefined) others.set(hash, found)
  return found
}

/**
 * Returns a classifier of a model's own images: the one of all of them, or else the one of half. Files are read only if this
 * process has used neither, because every request with `minConfidence` comes here.
 */
export async function ownClassifier(hash: string): Promise<Classifier | undefined> {
  const [all, half] = [nameOf(hash, 'all'), nameOf(hash, 'half')]
  return others.get(all) ?? others.get(half) ?? (await classifierOf(all)) ?? classifierOf(half)
}

/**
 * Keeps a classifier for the images with this fingerprint in the user's cache folder. Where that cannot be written, keeps
 * it in this process.
 */
export async function keepClassifier(
  hash: string,
  fileOf: ClassifierFiles,
  tensors: NativeTensor[],
  accuracy: number,
): Promise<Classifier> {
  const metadata = new Map([
    ['format', 'libtorch-dcgan-classifier'],
    ['version', '1'],
    ['accuracy', String(accuracy)],
  ])
  const bytes = encodeTensors(tensors, metadata)
  const classifier = { digest: sha256(bytes), accuracy, classes: classesOf(tensors), tensors }
  others.set(hash, classifier)
  const file = fileOf(hash)
  await makeFolder(dirname(file))
    .then(() => writeFileAtomic(file, bytes))
    .catch(() => {})
  return classifier
}

async function readShipped(): Promise<Classifier> {
  const classifier = await read(FILE)
  if (classifier !== undefined) return classifier
  throw new DcganError(
    'ERR_DCGAN_BAD_CHECKPOINT',
    `${FILE} does not hold the classifier that this package ships. Install the package again`,
  )
}

/** Reads a classifier. Returns undefined if the file holds none, and rejects if it cannot be read. */
async function read(file: string): Promise<Classifier | undefined> {
  const { tensors, metadata } = await readTensors(file)
  const accuracy = Number(metadata.get('accuracy'))
  const classes = classesOf(tensors)
  if (!(accuracy >= 0 && accuracy <= 1) || !(classes > 0)) return undefined
  return { digest: sha256(await readFile(file)), accuracy, classes, tensors }
}

function classesOf(tensors: readonly NativeTensor[]): number {
  return tensors.find(({ name }) => name === 'output.bias')?.shape[0] ?? 0
}

function sha256(bytes: Uint8Array): string {
  // Loading this module takes milliseconds.
  const { createHash } = require('node:crypto') as typeof import('node:crypto')
  return createHash('sha256').update(bytes).digest('hex')
}
