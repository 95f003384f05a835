import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { badDataset } from '../errors.js'
import { areClassNames, CLASS_NAMES_RULE } from '../internal/class-names.js'
import { firstBytes, firstExisting, withRegularFile } from '../internal/regular-file.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import { type Dataset, datasetOf } from './dataset.js'
import { readImagesAndLabels } from './idx.js'

/** The training images of a data set, or its test images. */
export type Split = 'train' | 'test'

const IMAGES = /^(.*)images[.-]idx3-ubyte(\.gz)?$/
const TEST = /(^|[^a-z])(t10k|test)([^a-z]|$)/i
const EMNIST = /^emnist-/i
/** The file in which `writeDataset()` keeps the names of the classes. */
export const CLASS_NAMES = 'class-names.json'
const MAX_NAMES_BYTES = 2 ** 20

/** Lists the files of IDX images in a folder, such as `emnist-letters-train-images-idx3-ubyte.gz`. */
export async function idxImages(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => [])
  return names.filter(name => IMAGES.test(name)).sort()
}

/**
 * Reads a pair of IDX files of any name. `names`: the folder's files of images. EMNIST's images are transposed, as
 * its authors stored them by columns; the labels of its letters begin at 1.
 *
 * Rejects with `ERR_DCGAN_BAD_DATASET` if there is no pair or more than one.
 */
export async function readIdxPair(folder: string, names: readonly string[], split: Split): Promise<Dataset> {
  const own = names.filter(name => TEST.test(name) === (split === 'test'))
  const [name] = own
  if (name === undefined) {
    const what = split === 'test' ? 'test images (t10k or test in the name)' : 'training images'
    throw badDataset(`${folder} has no file of ${what}, only ${names.join(', ')}. Give another folder`)
  }
  if (own.length > 1 && new Set(own.map(each => each.replace(/\.gz$/, ''))).size > 1) {
    throw badDataset(
      `${folder} has several data sets: ${own.join(', ')}. Move one of them to a folder of its own`,
    )
  }
  const { images, labels: stored } = await readImagesAndLabels(
    join(folder, name),
    await labelsOf(folder, name),
  )
  const { labels, classNames } = await named(folder, name, stored)
  return datasetOf(EMNIST.test(name) ? await transposed(images) : images, labels, classNames)
}

function labelsOf(folder: string, images: string): Promise<string | undefined> {
  const plain = images.replace(/\.gz$/, '').replace(/images([.-])idx3-ubyte$/, 'labels$1idx1-ubyte')
  return firstExisting(folder, [plain, `${plain}.gz`])
}

/** Adds the names of the classes, if there is a file of them: ours, or EMNIST's mapping of labels to characters. */
async function named(
  folder: string,
  images: string,
  labels: Uint8Array,
): Promise<Pick<Dataset, 'labels' | 'classNames'>> {
  const own = await classNamesIn(folder)
  if (own !== undefined) return { labels, classNames: own }
  const prefix = /^(emnist-[a-z]+)-/i.exec(images)?.[1]
  const mapping = prefix === undefined ? undefined : await small(join(folder, `${prefix}-mapping.txt`))
  const first = labels.reduce((least, label) => Math.min(least, label), 255)
  const shift = prefix !== undefined && /letters$/i.test(prefix) && first === 1 ? 1 : 0
  const shifted = shift === 0 ? labels : labels.map(label => label - shift)
  if (mapping === undefined) return { labels: shifted }
  const classNames: string[] = []
  for (const line of mapping.split('\n')) {
    const [label, code] = line.trim().split(/\s+/).map(Number)
    if (isUpTo(MAX_LABEL, label) && isUpTo(MAX_CODE, code) && label >= shift) {
      classNames[label - shift] = String.fromCodePoint(code)
    }
  }
  const complete = Array.from(classNames, (name, label) => name ?? String(label))
  return { labels: shifted, ...(areClassNames(complete) && { classNames: complete }) }
}

/** Labels are bytes. */
const MAX_LABEL = 255
/** The last character of Unicode. */
const MAX_CODE = 0x10ffff

function isUpTo(last: number, value: number | undefined): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= last
}

/** Reads a small file. Returns undefined if there is none, or a large one, a pipe or a device. */
async function small(path: string): Promise<string | undefined> {
  const bytes = await withRegularFile(path, open => firstBytes(open, MAX_NAMES_BYTES + 1)).catch(
    () => undefined,
  )
  return bytes === undefined || bytes.length > MAX_NAMES_BYTES ? undefined : bytes.toString()
}

/** Reads the names of the classes that `writeDataset()` keeps in a folder. Returns undefined if there are none. */
export async function classNamesIn(folder: string): Promise<string[] | undefined> {
  const path = join(folder, CLASS_NAMES)
  const text = await small(path)
  if (text === undefined) return undefined
  try {
    const names: unknown = JSON.parse(text)
    if (areClassNames(names)) return names
  } catch {}
  throw badDataset(`${path} is not ${CLASS_NAMES_RULE} in JSON, such as ["A", "B"]. Correct it or remove it`)
}

/** Bytes that are turned before other work may run. */
const PIECE = 4096 * PIXELS

/** Swaps the rows and the columns of each image. */
async function transposed(images: Uint8Array): Promise<Uint8Array> {
  const turned = new Uint8Array(images.length)
  for (let first = 0; first < images.length; first += PIXELS) {
    if (first % PIECE === 0) await setImmediate()
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) turned[first + y * SIDE + x] = images[first + x * SIDE + y] as number
    }
  }
  return turned
}
