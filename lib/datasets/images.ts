import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { badDataset } from '../errors.js'
import { checkPath } from '../internal/files.js'
import { lazy } from '../internal/lazy.js'
import { checkOptions, checkSignal, checkSwitch, optional } from '../internal/options.js'
import { isFolder } from '../internal/regular-file.js'
import type { Dataset, DatasetSource } from './dataset.js'
import type { SkippedFiles } from './folder-of-pictures.js'
import type { Split } from './idx-pair.js'
import { checkSplit, loadMnist } from './mnist.js'

const npz = lazy(() => require('./npz.js') as typeof import('./npz.js'))
const pair = lazy(() => require('./idx-pair.js') as typeof import('./idx-pair.js'))
const pictures = lazy(() => require('./folder-of-pictures.js') as typeof import('./folder-of-pictures.js'))

/** Options of `loadImages()`. */
export interface LoadImagesOptions {
  /**
   * Makes the negative of pictures. By default, it is made if their backgrounds are light, because the networks expect
   * light strokes on black.
   */
  invert?: boolean | undefined
  /** The images to train on (default), or those to test with, where the folder has both. */
  split?: Split | undefined
  /** Stops reading. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** The result of `loadImages()`: a data set, and how it was made. */
export interface LoadedImages extends Dataset {
  /** True if the pictures were inverted. */
  inverted: boolean
  /** Files that could not be read as pictures. */
  skipped: SkippedFiles
}

const NOTHING_SKIPPED = { inverted: false, skipped: { count: 0, files: [] } }

/**
 * Reads your own images as 28×28 grey images, which is all that the networks take.
 *
 * - A folder of pictures (PNG, JPEG, GIF, BMP), or one with a folder of pictures for each class, as torchvision's
 *   `ImageFolder`. Each picture is resized to fit and centred. Two process warnings say what was done: `DCGAN_INVERTED` if
 *   the backgrounds are light, and `DCGAN_BAD_FILES` if files could not be read.
 * - A folder of IDX files of any name. EMNIST's images are turned the right way.
 * - A `.npz` file that NumPy wrote, or a folder with one: `images` (count × 28 × 28, uint8) and `labels`, or Keras's names.
 *
 * If the folder has a folder `train` and a folder `test`, `split` chooses between them.
 *
 * @param folder the folder, or the `.npz` file
 * @throws {DcganError} `ERR_DCGAN_BAD_DATASET` if there are no images or they do not fit; `ERR_DCGAN_IO` if the folder
 *   cannot be listed
 *
 * @example
 * import { DCGAN, loadImages, recipes } from 'libtorch-dcgan'
 *
 * const letters = await loadImages('letters')
 * const gan = new DCGAN({ ...recipes.best, classes: letters.classNames?.length })
 */
export async function loadImages(folder: string, options?: LoadImagesOptions): Promise<LoadedImages> {
  const path = checkPath('folder', folder, 'the path of a folder or of a .npz file')
  const {
    invert = 'auto',
    split,
    signal,
  } = checkOptions('the options of loadImages()', options, {
    invert: optional(checkSwitch),
    split: checkSplit,
    signal: checkSignal,
  })
  signal?.throwIfAborted()
  const source = await placeOf(path, split)
  if (source.npz !== undefined) return withoutPictures(await npz().readNpz(source.npz, split))
  if (source.idx.length > 0)
    return withoutPictures(await pair().readIdxPair(source.folder, source.idx, split))
  if (source.folder === path && split === 'test') {
    throw badDataset(
      `${path} has no test images. Put them into ${join(path, 'test')}, and the others into ${join(path, 'train')}`,
    )
  }
  const { dataset, inverted, skipped } = await pictures().readPictures(source.folder, invert, signal)
  if (inverted && invert === 'auto') warnOfInversion(source.folder)
  if (skipped.count > 0) warnOfSkipped(source.folder, skipped, dataset.count)
  return { ...dataset, inverted, skipped }
}

/** Reads what a call trains on: MNIST, the images in a folder of either kind, or the caller's images. */
export async function loadSource(
  source: DatasetSource,
  split: Split = 'train',
  signal?: AbortSignal,
): Promise<Dataset> {
  if (typeof source === 'object') return source
  if (source === undefined) return loadMnist({ split })
  const dataset = counted?.source === source && split === 'train' ? counted.dataset : undefined
  counted = undefined
  if (dataset !== undefined) return dataset
  const { npz: packed, folder, idx } = await placeOf(source, split)
  const mnist = idx.length > 0 && idx.every(name => /^(train|t10k)-images/.test(name))
  const others =
    packed !== undefined || idx.length > 0 || folder !== source || (await pictures().holdsPictures(source))
  // If there are no images at all, loadMnist() throws: its message also names the files of MNIST.
  return others && !mnist ? loadImages(source, { split, signal }) : loadMnist(source, { split })
}

/** The images that `countClasses()` read. The next call of `loadSource()` takes them. */
let counted: { source: string; dataset: Dataset } | undefined

/** Returns the number of classes of the training images in a folder; 0 if they have no labels. */
export async function countClasses(source: string): Promise<number> {
  const { npz: packed, folder, idx } = await placeOf(source, 'train')
  if (packed === undefined && idx.length === 0 && (await pictures().holdsPictures(folder)))
    return pictures().classesOfPictures(folder)
  const dataset = await loadSource(source)
  counted = { source, dataset }
  const { classNames, labels } = dataset
  return classNames?.length ?? labels.reduce((most, label) => Math.max(most, label + 1), 0)
}

interface Place {
  /** The folder itself, or its folder for this split. */
  folder: string
  /** A file of NumPy arrays. */
  npz?: string
  /** The names of the folder's IDX files of images. */
  idx: string[]
}

async function placeOf(path: string, split: Split): Promise<Place> {
  if (/\.npz$/i.test(path)) return { folder: path, npz: path, idx: [] }
  const folder =
    (await isFolder(join(path, 'train'))) && (await isFolder(join(path, 'test'))) ? join(path, split) : path
  const idx = await pair().idxImages(folder)
  const names = await readdir(folder).catch((): string[] => [])
  const packed = names.filter(name => /\.npz$/i.test(name))
  if (packed.length > 1)
    throw badDataset(
      `${folder} has several data sets: ${packed.sort().join(', ')}. Give the path of one of them`,
    )
  return { folder, idx, ...(packed[0] !== undefined && idx.length === 0 && { npz: join(folder, packed[0]) }) }
}

function withoutPictures(dataset: Dataset): LoadedImages {
  return { ...dataset, ...NOTHING_SKIPPED }
}

function warnOfInversion(folder: string): void {
  process.emitWarning(
    `The pictures in ${folder} have light backgrounds, so they were inverted: models learn light strokes on black. ` +
      'loadImages(folder, { invert: false }) keeps them',
    { code: 'DCGAN_INVERTED' },
  )
}

function warnOfSkipped(folder: string, { count, files }: SkippedFiles, read: number): void {
  const more = count > files.length ? `; and ${count - files.length} more` : ''
  process.emitWarning(
    `${count} of ${count + read} files in ${folder} could not be read as pictures: ${files.join('; ')}${more}`,
    { code: 'DCGAN_BAD_FILES' },
  )
}
