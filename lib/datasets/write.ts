import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DcganError, invalidArgument } from '../errors.js'
import { ImageBatch } from '../images/batch.js'
import type { BatchImage } from '../images/grey-batch.js'
import { checkPath, ioError, makeFolder, writeFileAtomic } from '../internal/files.js'
import { lazy } from '../internal/lazy.js'
import { callback, checkOptions, checkSignal, oneOf, orElse, reading } from '../internal/options.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import { copyOf, lengthOf } from '../internal/typed-arrays.js'
import { checkDataset, type Dataset, type TrainingImages } from './dataset.js'
import type { Spool } from './spool.js'
import type { ZipEntry } from './stored-zip.js'

const pair = lazy(() => require('./idx-pair.js') as typeof import('./idx-pair.js'))
const npy = lazy(() => require('./npy.js') as typeof import('./npy.js'))
const spools = lazy(() => require('./spool.js') as typeof import('./spool.js'))
const zips = lazy(() => require('./stored-zip.js') as typeof import('./stored-zip.js'))

/** Images to write: a data set, a batch, or the batches that `generate()` yields. */
export type WritableImages = TrainingImages | ImageBatch | AsyncIterable<ImageBatch> | Iterable<ImageBatch>

/** Options of `writeDataset()`. */
export interface WriteDatasetOptions {
  /**
   * `'idx'` (default): the files of MNIST, for `loadMnist(folder)`. `'npz'`: `dataset.npz` with `images` and `labels`, for
   * `numpy.load()`. `'png'`: a PNG file per image, in a folder per class, for `loadImages(folder)` and torchvision.
   */
  format?: 'idx' | 'npz' | 'png' | undefined
  /** Stops writing. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Called after each batch with the number of images so far, and awaited. */
  onProgress?: ((progress: { done: number }) => unknown) | undefined
}

/** The result of `writeDataset()`. */
export interface WrittenDataset {
  /** Images that were written. */
  count: number
  /** The paths of its files; for `'png'`, of its folders. */
  files: string[]
}

/** Images of a data set that are taken at a time. */
const BATCH = 256
/** Files that are written at the same time. */
const WRITERS = 16
const LEAST_DIGITS = 5

/**
 * Writes images as a data set, in constant memory: digits of `generate()`, for example to train another network on.
 *
 * @param folder created if necessary. For `'png'` it must be empty, because files that are there would become part of the
 *   data set
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, `ERR_DCGAN_IO`, and the errors of the source
 *
 * @example
 * import { DCGAN, loadMnist, writeDataset } from 'libtorch-dcgan'
 *
 * const gan = await DCGAN.pretrained()
 * await writeDataset(gan.generate({ count: 1000, labels: 'balanced', seed: 1 }), 'digits')
 * const { count } = await loadMnist('digits')
 */
export async function writeDataset(
  source: WritableImages,
  folder: string,
  options?: WriteDatasetOptions,
): Promise<WrittenDataset> {
  const path = checkPath('folder', folder, 'the path of a folder')
  const { format, signal, onProgress } = checkOptions('the options of writeDataset()', options, {
    format: orElse('idx', oneOf('idx', 'npz', 'png')),
    signal: checkSignal,
    onProgress: callback<WriteDatasetOptions['onProgress']>(),
  })
  const batches = batchesOf(source)
  signal?.throwIfAborted()
  await makeFolder(path)
  const watched = watching(batches, signal, onProgress)
  if (format === 'png') return writePictures(watched, path)
  const spool = await spools().Spool.open(path)
  try {
    let classNames: readonly string[] | undefined
    for await (const batch of watched) {
      classNames = batch.classNames
      await spool.add([...batch])
    }
    if (spool.count === 0) throw empty()
    return await (format === 'idx' ? writeIdx : writeNpz)(path, spool, classNames)
  } finally {
    await spool.remove()
  }
}

/** Returns the source as batches. Copies images that the caller may change. */
function batchesOf(source: unknown): AsyncIterable<ImageBatch> | Iterable<ImageBatch> {
  return reading('source', () => {
    if (isBatch(source)) return [source.slice()]
    if (typeof source !== 'object' || source === null) {
      throw invalidArgument('source', 'a data set, or what generate() returns,', source)
    }
    if (Symbol.asyncIterator in source) return source as AsyncIterable<ImageBatch>
    if (Symbol.iterator in source) return source as Iterable<ImageBatch>
    const { images, labels, ...others } = checkDataset(source)
    return parts({ images: copyOf(images), labels: copyOf(labels), ...others })
  })
}

function* parts({ images, labels, count, classNames }: Dataset): Generator<ImageBatch> {
  const labelled = lengthOf(labels) > 0
  for (let first = 0; first < count; first += BATCH) {
    const end = Math.min(count, first + BATCH)
    const pixels = images.subarray(first * PIXELS, end * PIXELS)
    yield new ImageBatch(pixels, labelled ? labels.subarray(first, end) : undefined, undefined, classNames)
  }
}

async function* watching(
  batches: AsyncIterable<ImageBatch> | Iterable<ImageBatch>,
  signal: AbortSignal | undefined,
  onProgress: WriteDatasetOptions['onProgress'],
): AsyncGenerator<ImageBatch> {
  let done = 0
  for await (const batch of batches) {
    signal?.throwIfAborted()
    if (!isBatch(batch)) throw invalidArgument('source', 'an iterable of ImageBatch', batch)
    yield batch
    done += batch.count
    await onProgress?.({ done })
  }
}

/** Returns whether a value is a batch, which may be of another copy of this package. */
function isBatch(value: unknown): value is ImageBatch {
  const { count, pixels } = Object(value) as Partial<ImageBatch>
  return typeof (value as ImageBatch | null)?.image === 'function' && pixels?.length === (count ?? 0) * PIXELS
}

async function writeIdx(
  folder: string,
  spool: Spool,
  classNames?: readonly string[],
): Promise<WrittenDataset> {
  const { count, labels } = spool
  const files = [join(folder, 'train-images-idx3-ubyte')]
  await writeFileAtomic(files[0] as string, chained(uint32s(0x803, count, SIDE, SIDE), spool.pieces()))
  await Promise.all(
    ['train-labels-idx1-ubyte', pair().CLASS_NAMES].map(name => rm(join(folder, name), { force: true })),
  )
  if (labels !== undefined) {
    files.push(join(folder, 'train-labels-idx1-ubyte'))
    await writeFileAtomic(files[1] as string, [uint32s(0x801, count), labels])
  }
  if (classNames !== undefined) {
    files.push(join(folder, pair().CLASS_NAMES))
    await writeFileAtomic(files.at(-1) as string, Buffer.from(`${JSON.stringify(classNames)}\n`))
  }
  return { count, files }
}

async function writeNpz(
  folder: string,
  spool: Spool,
  classNames?: readonly string[],
): Promise<WrittenDataset> {
  const { count, labels } = spool
  const entries: ZipEntry[] = [
    {
      name: 'images.npy',
      pieces: () => chained(npy().npyHeader('|u1', [count, SIDE, SIDE]), spool.pieces()),
    },
  ]
  if (labels !== undefined)
    entries.push({ name: 'labels.npy', pieces: () => [npy().npyHeader('|u1', [count]), labels] })
  if (classNames !== undefined)
    entries.push({ name: 'class_names.npy', pieces: () => namesArray(classNames) })
  const file = join(folder, 'dataset.npz')
  await writeFileAtomic(file, zips().storedZip(entries))
  return { count, files: [file] }
}

/** Makes an array of texts. Their characters have four bytes each. */
function namesArray(names: readonly string[]): Buffer[] {
  const codes = names.map(name => Array.from(name, character => character.codePointAt(0) as number))
  const length = Math.max(1, ...codes.map(each => each.length))
  const padded = codes.flatMap(each => [...each, ...Array<number>(length - each.length).fill(0)])
  const data = Buffer.alloc(4 * padded.length)
  padded.forEach((code, i) => {
    data.writeUInt32LE(code, 4 * i)
  })
  return [npy().npyHeader(`<U${length}`, [names.length]), data]
}

async function writePictures(batches: AsyncIterable<ImageBatch>, folder: string): Promise<WrittenDataset> {
  const there = await readdir(folder).catch(cause => {
    throw ioError('list', folder, cause)
  })
  if (there.length > 0) {
    throw new DcganError(
      'ERR_DCGAN_IO',
      `${folder} is not empty, and its files would become part of the data set. Give another folder`,
    )
  }
  const folders = new Set<string>()
  let count = 0
  for await (const batch of batches) {
    const images = [...batch]
    const named = areFolderNames(batch.classNames)
    for (let i = 0; i < images.length; i += WRITERS) {
      const some = images
        .slice(i, i + WRITERS)
        .map((image, j) => ({ path: placeOf(folder, image, named, count + i + j), i: i + j }))
      for (const { path } of some) {
        if (folders.has(path.folder)) continue
        await makeFolder(path.folder)
        folders.add(path.folder)
      }
      await Promise.all(some.map(async ({ path, i }) => writeFileAtomic(path.file, await batch.png(i))))
    }
    count += batch.count
  }
  if (count === 0) throw empty()
  return { count, files: [...folders].sort() }
}

function placeOf(
  root: string,
  { label, className }: BatchImage,
  named: boolean,
  i: number,
): { folder: string; file: string } {
  const folder = label === undefined ? root : join(root, (named && className) || numbered(label))
  return { folder, file: join(folder, `${String(i).padStart(LEAST_DIGITS, '0')}.png`) }
}

/** The folder of a class that has the number as its name. The folders then have the order of the labels. */
function numbered(label: number): string {
  return String(label).padStart(3, '0')
}

/** Returns whether all classes have names that can be names of folders, in which `loadImages()` finds the classes. */
function areFolderNames(names: readonly string[] = []): boolean {
  const splits = names.includes('train') && names.includes('test')
  return (
    !splits &&
    names.every((name, label) => isFolderName(name) && (!NUMBERED.test(name) || name === numbered(label)))
  )
}

const NUMBERED = /^\d{3}$/
const FOLDER_NAME = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ .+-]*$/u
/** Bytes of a name in most file systems. */
const MAX_NAME = 255

function isFolderName(name: string): boolean {
  return FOLDER_NAME.test(name) && Buffer.byteLength(name) <= MAX_NAME && name !== '__MACOSX'
}

async function* chained(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, 4 * i)
  })
  return bytes
}

function empty(): DcganError {
  return invalidArgument('source', 'an image at least', 'none')
}
