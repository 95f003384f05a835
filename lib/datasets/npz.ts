import type { Entry, ZipFile } from 'yauzl'
import { badDataset, DcganError } from '../errors.js'
import { areClassNames, CLASS_NAMES_RULE } from '../internal/class-names.js'
import { lazy } from '../internal/lazy.js'
import { withRegularFile } from '../internal/regular-file.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import { allocate } from '../internal/typed-arrays.js'
import { type Dataset, datasetOf } from './dataset.js'
import { MAX_BYTES, MAX_RATIO, MAX_RATIO_FROM } from './idx.js'
import type { Split } from './idx-pair.js'
import { type NpyHeader, parseNpyHeader } from './npy.js'

const zipReader = lazy(
  () => require('../internal/zip-reader.js') as typeof import('../internal/zip-reader.js'),
)

const MAX_ENTRIES = 1000
/** Bytes of the names of all classes: 1,024 characters for each of 256. */
const MAX_NAMES = 2 ** 20

/** The names of the arrays: ours, then the names in Keras's mnist.npz and others. */
const NAMES = {
  train: {
    images: ['images', 'x_train', 'train_images', 'x', 'X', 'arr_0'],
    labels: ['labels', 'y_train', 'train_labels', 'y', 'arr_1'],
  },
  test: { images: ['x_test', 'test_images'], labels: ['y_test', 'test_labels'] },
}

/**
 * Reads images and labels from a file that NumPy's `savez()` or `savez_compressed()` wrote.
 *
 * Rejects with `ERR_DCGAN_BAD_DATASET`, the file, and what is wrong with it.
 */
export async function readNpz(path: string, split: Split): Promise<Dataset> {
  const zip = await openArchive(path)
  try {
    const entries = new Map<string, Entry>()
    for await (const entry of zip.eachEntry()) {
      entries.set(entry.fileName.replace(/\.npy$/, ''), entry)
      if (entries.size > MAX_ENTRIES) throw bad(path, `has more than ${MAX_ENTRIES} arrays`)
    }
    const find = (names: readonly string[]) => names.find(name => entries.has(name))
    const images = find(NAMES[split].images)
    if (images === undefined) {
      const known = NAMES[split].images.join(', ')
      const held = [...entries.keys()].join(', ') || 'none'
      const advice = `Name the array ${NAMES[split].images[0]}`
      throw bad(path, `has no array of ${split} images (${known}), only ${held}`, undefined, advice)
    }
    const { data, count } = imagesOf(path, images, await arrayOf(path, zip, entries.get(images) as Entry))
    const labels = find(NAMES[split].labels)
    const read = labels === undefined ? undefined : await arrayOf(path, zip, entries.get(labels) as Entry)
    const named = entries.get('class_names')
    const names = named && namesOf(path, await arrayOf(path, zip, named))
    const own = read === undefined ? new Uint8Array(0) : labelsOf(path, labels as string, read, count)
    return datasetOf(data, own, names)
  } catch (cause) {
    throw cause instanceof DcganError
      ? cause
      : bad(path, `cannot be read: ${(cause as Error).message}`, cause)
  } finally {
    zip.close()
  }
}

interface NpyArray extends NpyHeader {
  data: Buffer
}

async function openArchive(path: string): Promise<ZipFile> {
  try {
    // Only a regular file is opened: a pipe would never end.
    await withRegularFile(path, async ({ stats }) => {
      if (stats.size === 0) throw new Error('it is empty')
    })
    return await zipReader().openZip(path)
  } catch (cause) {
    throw bad(path, `cannot be read: ${(cause as Error).message}`, cause)
  }
}

async function arrayOf(path: string, zip: ZipFile, entry: Entry): Promise<NpyArray> {
  const { fileName, uncompressedSize, compressedSize } = entry
  if (uncompressedSize > Math.min(MAX_BYTES, Math.max(MAX_RATIO_FROM, MAX_RATIO * compressedSize))) {
    throw bad(path, `declares ${uncompressedSize} bytes for ${fileName}, more than may be read`)
  }
  // Filled piece by piece, because joining the pieces at the end would block the event loop.
  const bytes = allocate(() => Buffer.alloc(uncompressedSize))
  let filled = 0
  for await (const piece of zipReader().readEntry(zip, entry)) {
    bytes.set(piece, filled)
    filled += piece.length
  }
  const header = parseNpyHeader(bytes)
  if (header === undefined) throw bad(path, `holds ${fileName}, which is no NumPy array`)
  return { ...header, data: bytes.subarray(header.bytes) }
}

function imagesOf(path: string, name: string, array: NpyArray): { data: Uint8Array; count: number } {
  const { dtype, shape, fortran, data } = array
  const [count = 0, ...rest] = shape
  const fits =
    rest.reduce((product, size) => product * size, 1) === PIXELS &&
    rest.every(size => [1, SIDE, PIXELS].includes(size))
  if (!fits || fortran || dtype !== '|u1') {
    const advice = 'Save it as uint8 of shape (count, 28, 28)'
    throw bad(path, `holds ${name} of type ${dtype} and shape (${shape.join(', ')})`, undefined, advice)
  }
  if (count < 1 || data.length !== count * PIXELS) {
    throw bad(path, `is damaged: ${name} has ${data.length} bytes for ${count} images`)
  }
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), count }
}

const INTEGERS: Record<string, [bytes: number, read: (data: Buffer, at: number) => number]> = {
  '|u1': [1, (data, at) => data.readUInt8(at)],
  '|i1': [1, (data, at) => data.readInt8(at)],
  '<i2': [2, (data, at) => data.readInt16LE(at)],
  '<u2': [2, (data, at) => data.readUInt16LE(at)],
  '<i4': [4, (data, at) => data.readInt32LE(at)],
  '<u4': [4, (data, at) => data.readUInt32LE(at)],
  '<i8': [8, (data, at) => Number(data.readBigInt64LE(at))],
  '<u8': [8, (data, at) => Number(data.readBigUInt64LE(at))],
}

function labelsOf(path: string, name: string, { dtype, shape, data }: NpyArray, count: number): Uint8Array {
  const [bytes, read] = INTEGERS[dtype] ?? [0]
  const size = shape.reduce((product, each) => product * each, 1)
  if (read === undefined || size !== count || data.length !== count * bytes) {
    throw bad(
      path,
      `holds ${name} of type ${dtype} and shape (${shape.join(', ')}) for ${count} images`,
      undefined,
      'Save one integer per image',
    )
  }
  return Uint8Array.from({ length: count }, (_, i) => {
    const label = read(data, i * bytes)
    if (label >= 0 && label <= 255) return label
    throw bad(path, `has the label ${label} for image ${i}`, undefined, 'Labels are integers from 0 to 255')
  })
}

/** Reads an array of texts. Their characters have four bytes each. */
function namesOf(path: string, { dtype, shape, data }: NpyArray): string[] {
  const length = Number(/^<U(\d+)$/.exec(dtype)?.[1])
  const [count = 0] = shape
  if (!(length > 0) || shape.length !== 1 || data.length !== 4 * length * count || data.length > MAX_NAMES) {
    throw bad(
      path,
      `holds class_names of type ${dtype} and shape (${shape.join(', ')})`,
      undefined,
      `Save them as an array of texts, of ${MAX_NAMES} bytes at most`,
    )
  }
  const names = Array.from({ length: count }, (_, i) => {
    const codes = Array.from({ length }, (_, j) => data.readUInt32LE(4 * (i * length + j)))
    return codes
      .filter(code => code > 0 && code <= 0x10ffff)
      .map(code => String.fromCodePoint(code))
      .join('')
  })
  if (areClassNames(names)) return names
  throw bad(
    path,
    `holds class_names that are not ${CLASS_NAMES_RULE} as they must be`,
    undefined,
    'Correct them',
  )
}

function bad(
  path: string,
  wrong: string,
  cause?: unknown,
  advice = 'Give a file that numpy.savez() wrote',
): DcganError {
  return badDataset(`${path} ${wrong}. ${advice}`, cause)
}
