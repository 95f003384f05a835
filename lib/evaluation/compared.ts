import {
  checkDataset,
  type Dataset,
  fingerprintOf,
  loadSource,
  subset,
  type TrainingData,
} from '../datasets/index.js'
import { badDataset, DcganError } from '../errors.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import type { EvaluationPlan } from './options.js'

/** The share of a model's own images: all of them, or half. Undefined: none. */
export type Own = 'all' | 'half' | undefined

/** The images of an evaluation. */
export interface Compared {
  /** The images to compare with. */
  real: Dataset
  /** The images from which the floor's images are drawn. */
  pool: Dataset
  /** How many of the images that the model was trained on are in the pool. Undefined for digits and for other images. */
  own: Own
  /** Returns whether the classifier was trained on the images to compare with. It may read MNIST's. */
  seen: () => Promise<boolean>
}

type Sources = Omit<Compared, 'seen'>

/** Returns true if images are all those that the model was trained on. */
type IsOwn = (images: Dataset) => Promise<boolean>

/** One image has no covariance and no neighbours. */
const FEWEST = 2

/**
 * Reads the images to compare with, and those for the floor: the caller's, otherwise MNIST's for a model of digits, and
 * for another model the images that it was trained on. Images without others to test with are divided into two halves.
 *
 * @throws {DcganError} `ERR_DCGAN_BAD_DATASET`
 */
export async function loadCompared(
  plan: EvaluationPlan,
  data: TrainingData,
  classes: number,
): Promise<Compared> {
  const own = await ownImages(plan, data, classes)
  const given = plan.floorDataset === undefined ? own.pool : await loadSource(plan.floorDataset)
  const [real, pool] = [named(own.real, data.classNames), named(given, data.classNames)]
  if (real.count >= FEWEST) {
    return {
      real,
      pool,
      own: plan.floorDataset === undefined ? own.own : undefined,
      seen: async () => (data.digits ? plan.dataset !== undefined && isSeen(real, plan) : holds(pool, real)),
    }
  }
  throw badDataset('The data set has one image, and figures need two at least. Give a larger one')
}

/**
 * Gives classes with the names of the model's classes the model's labels: a test set may lack some of them. If it has
 * other classes, its labels stay.
 */
function named(dataset: Dataset, names: readonly string[] = []): Dataset {
  const { classNames = [], labels } = dataset
  const own = classNames.map(name => names.indexOf(name))
  if (own.includes(-1) || own.every((label, i) => label === i)) return dataset
  return { ...dataset, labels: labels.map(label => own[label] ?? label), classNames: names }
}

/** Returns true if the shipped classifier was trained on these images, or if that is not known. */
async function isSeen(real: Dataset, { mnist }: EvaluationPlan): Promise<boolean> {
  const seen = await mnist('train').catch(() => undefined)
  return seen === undefined || holds(seen, real)
}

async function ownImages(
  { dataset, floorDataset, mnist }: EvaluationPlan,
  data: TrainingData,
  classes: number,
): Promise<Sources> {
  const isOwn = async (images: Dataset) =>
    !data.digits && images.count === data.count && (await fingerprintOf(images, classes)) === data.hash
  if (typeof dataset === 'string') return fromFolder(dataset, isOwn)
  if (dataset === undefined && data.digits) {
    return {
      real: await mnist('test'),
      pool: await unless(floorDataset, () => mnist('train')),
      own: undefined,
    }
  }
  if (dataset === undefined && data.folder !== undefined) return fromFolder(data.folder, isOwn)
  const real = dataset ?? data.images
  if (real === undefined) return fromDefault(data, isOwn, mnist)
  // The caller has another pool.
  if (floorDataset !== undefined) return { real, pool: real, own: undefined }
  if (data.digits) return { real, pool: await mnist('train'), own: undefined }
  const { images } = data
  return images !== undefined && !holds(real, images)
    ? { real, pool: images, own: 'all' }
    : halves(real, dataset === undefined || (await isOwn(real)))
}

/** Calls `read` unless there is something else. */
async function unless(other: unknown, read: () => Promise<Dataset>): Promise<Dataset> {
  return other === undefined ? read() : NOTHING
}

const NOTHING: Dataset = {
  images: new Uint8Array(0),
  labels: new Uint8Array(0),
  count: 0,
  width: SIDE,
  height: SIDE,
}

async function fromFolder(folder: string, isOwn: IsOwn): Promise<Sources> {
  const pool = await loadSource(folder)
  const own = await isOwn(pool)
  const test = await loadSource(folder, 'test').catch(error => {
    if (error instanceof DcganError && error.code === 'ERR_DCGAN_BAD_DATASET') return undefined
    throw error
  })
  return test === undefined ? halves(pool, own) : { real: test, pool, own: own ? 'all' : undefined }
}

/** Compares with the images in `MNIST_DIR`, if the model was trained on those. */
async function fromDefault(
  data: TrainingData,
  isOwn: IsOwn,
  mnist: EvaluationPlan['mnist'],
): Promise<Sources> {
  const pool = await mnist('train').catch(() => undefined)
  if (pool === undefined || !(await isOwn(pool))) throw unknownImages(data)
  return { real: await mnist('test'), pool, own: 'all' }
}

/** Divides a data set into images with even and with odd numbers. */
function halves(dataset: Dataset, own: boolean): Sources {
  const every = (first: number) => {
    const numbers = Array.from({ length: Math.ceil((dataset.count - first) / 2) }, (_, i) => 2 * i + first)
    return checkDataset(subset(dataset, numbers))
  }
  return { real: every(0), pool: every(dataset.count > 1 ? 1 : 0), own: own ? 'half' : undefined }
}

/** Returns true if the first image of `others` is among these images. */
function holds({ images, count }: Dataset, others: Dataset): boolean {
  const first = others.images.subarray(0, PIXELS)
  for (let i = 0; i < count; i++) {
    if (Buffer.compare(images.subarray(i * PIXELS, (i + 1) * PIXELS), first) === 0) return true
  }
  return false
}

function unknownImages({ count }: TrainingData): DcganError {
  return badDataset(
    `The model was trained on ${count} images that are not MNIST's, and a state file does not hold them. Give ` +
      'evaluate() these images or their folder: evaluate({ dataset }), on the command line --data',
  )
}
