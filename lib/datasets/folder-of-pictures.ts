import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { badDataset, type DcganError } from '../errors.js'
import { MAX_CLASSES } from '../internal/class-names.js'
import { ioError } from '../internal/files.js'
import { isFolder } from '../internal/regular-file.js'
import { PIXELS } from '../internal/sizes.js'
import { allocate } from '../internal/typed-arrays.js'
import { type Dataset, datasetOf } from './dataset.js'
import { PictureReader } from './picture-reader.js'

/** The endings of the pictures that can be read. */
const PICTURE_NAME = /\.(png|jpe?g|gif|bmp)$/i
/** The most skipped files that the result names. */
const NAMED = 10
/** A background above this level is light. */
const MIDDLE = 127.5
/** Folders and files that programs leave behind. */
const NO_CLASS = /^(\.|__MACOSX$|@eaDir$)/
const NO_PICTURE = /^(\.|Thumbs\.db$|desktop\.ini$)/i

/** Files that could not be read as pictures. */
export interface SkippedFiles {
  /** How many there are. */
  count: number
  /** The first ten: path, and what is wrong. */
  files: string[]
}

/** The images of a folder of pictures. */
export interface Pictures {
  dataset: Dataset
  inverted: boolean
  skipped: SkippedFiles
}

interface Entry {
  name: string
  /** Also true for a symbolic link to a folder. */
  isFolder: boolean
}

interface PictureFile {
  path: string
  label: number
}

/**
 * Reads a folder of pictures: one folder per class, in the order of their names, or pictures without classes.
 *
 * Rejects with `ERR_DCGAN_BAD_DATASET` if there are no pictures, and with `ERR_DCGAN_IO` if the folder cannot be listed.
 */
export async function readPictures(
  folder: string,
  invert: boolean | 'auto',
  signal: AbortSignal | undefined,
): Promise<Pictures> {
  const { files, classNames } = await listPictures(folder)
  const images = allocate(() => new Uint8Array(files.length * PIXELS))
  const labels = new Uint8Array(classNames === undefined ? 0 : files.length)
  const skipped: SkippedFiles = { count: 0, files: [] }
  let [count, light] = [0, 0]
  const reader = new PictureReader()
  try {
    for (const { path, label } of files) {
      const answer = await reader.read(path, signal)
      if ('wrong' in answer) {
        skipped.count++
        if (skipped.files.length < NAMED) skipped.files.push(`${path}: ${answer.wrong}`)
        continue
      }
      images.set(answer.pixels, count * PIXELS)
      light += answer.background
      if (labels.length > 0) labels[count] = label
      count++
    }
  } finally {
    await reader.close()
  }
  if (count === 0) {
    throw badFolder(folder, `no file that can be read as a picture: ${skipped.files.join('; ')}`)
  }
  const inverted = invert === 'auto' ? light / count > MIDDLE : invert
  const kept = images.subarray(0, count * PIXELS)
  if (inverted) for (let i = 0; i < kept.length; i++) kept[i] = 255 - (kept[i] as number)
  const known = labels.subarray(0, labels.length > 0 ? count : 0)
  return { dataset: datasetOf(kept, known, classNames), inverted, skipped }
}

/** Returns true if a folder holds pictures, or folders with pictures. */
export async function holdsPictures(folder: string): Promise<boolean> {
  const entries = await list(folder).catch(() => [])
  if (entries.some(isPicture)) return true
  for (const { name } of entries.filter(isClass)) {
    const inner = await list(join(folder, name)).catch(() => [])
    if (inner.some(isPicture)) return true
  }
  return false
}

/** Returns the number of classes of a folder of pictures; 0 if it has none. */
export async function classesOfPictures(folder: string): Promise<number> {
  return (await listPictures(folder)).classNames?.length ?? 0
}

async function listPictures(folder: string): Promise<{ files: PictureFile[]; classNames?: string[] }> {
  const entries = await list(folder)
  const classes: { name: string; files: string[] }[] = []
  for (const { name } of entries.filter(isClass)) {
    const files = (await list(join(folder, name))).filter(isFile)
    const pictures = files.some(isPicture)
    classes.push({ name, files: pictures ? files.map(entry => join(folder, name, entry.name)) : [] })
  }
  const empty = classes.find(({ files }) => files.length === 0)
  if (classes.some(({ files }) => files.length > 0)) {
    if (empty !== undefined)
      throw badFolder(join(folder, empty.name), 'no pictures, and the others hold some')
    if (classes.length > MAX_CLASSES)
      throw badFolder(folder, `${classes.length} classes, and a model has ${MAX_CLASSES} at most`)
    const files = classes.flatMap(({ files }, label) => files.map(path => ({ path, label })))
    return { files, classNames: classes.map(({ name }) => name) }
  }
  if (!entries.some(isPicture)) throw badFolder(folder, 'no pictures (.png, .jpg, .gif or .bmp)')
  const files = entries.filter(isFile).map(({ name }) => ({ path: join(folder, name), label: 0 }))
  return { files }
}

async function list(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(cause => {
    throw ioError('list', folder, cause)
  })
  const entries: Entry[] = []
  for (const entry of found) {
    const linked = entry.isSymbolicLink() && (await isFolder(join(folder, entry.name)))
    entries.push({ name: entry.name, isFolder: linked || entry.isDirectory() })
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isPicture(entry: Entry): boolean {
  return isFile(entry) && PICTURE_NAME.test(entry.name)
}

function isFile(entry: Entry): boolean {
  return !entry.isFolder && !NO_PICTURE.test(entry.name)
}

function isClass(entry: Entry): boolean {
  return entry.isFolder && !NO_CLASS.test(entry.name)
}

function badFolder(folder: string, what: string): DcganError {
  const advice = 'Give a folder of pictures, or one with a folder of pictures for each class'
  return badDataset(`${folder} holds ${what}. ${advice}`)
}
