import { badDataset, DcganError } from '../errors.js'
import { lazy } from '../internal/lazy.js'
import { firstBytes, NotRegularFile, piecesOf, withRegularFile } from '../internal/regular-file.js'
import { PIXELS, SIDE } from '../internal/sizes.js'

const streams = lazy(() => require('node:stream/promises') as typeof import('node:stream/promises'))
const zlib = lazy(() => require('node:zlib') as typeof import('node:zlib'))

/** The contents of an IDX file of the MNIST family. */
type IdxKind = 'images' | 'labels'

/** An IDX file's contents. */
interface Idx {
  count: number
  /** `count` × 784 grey levels, row by row, or `count` labels. */
  data: Uint8Array
}

/** The advice for images of another size or with colours. */
export const IMAGE_ADVICE =
  `The networks take ${SIDE}×${SIDE} grey images, one byte per pixel. loadImages(folder) makes them from a folder of ` +
  'PNG, JPEG, GIF or BMP files'

/** 1.37 million images, 22 times MNIST. A header that declares more counts as damaged. */
export const MAX_BYTES = 2 ** 30

/**
 * A gzipped file may unpack to this many times its size, and to 85,000 images in any case. Gzip makes handwriting five
 * times smaller. A much smaller file is blank, or was made to fill the memory: 2 GiB of zeros become 2 MiB.
 */
export const MAX_RATIO = 64
export const MAX_RATIO_FROM = 2 ** 26

const PIECE_BYTES = 2 ** 18

const LAYOUT = {
  // A magic number has two zero bytes, 8 for unsigned bytes, and the number of dimensions.
  images: { magic: 0x803, header: 16, item: PIXELS },
  labels: { magic: 0x801, header: 8, item: 1 },
}
/** The magic number of images with a fourth dimension, for colours. */
const COLOUR_MAGIC = 0x804

/**
 * Reads a file of images and the file of their labels, if there is one. The labels come first, so that faults of the
 * small file are found before 47 MB are read. Rejects with `ERR_DCGAN_BAD_DATASET`.
 */
export async function readImagesAndLabels(
  imagesFile: string,
  labelsFile: string | undefined,
): Promise<{ images: Uint8Array; labels: Uint8Array }> {
  const labels = labelsFile === undefined ? undefined : await readIdx(labelsFile, 'labels')
  const images = await readIdx(imagesFile, 'images')
  if (labels !== undefined && labels.count !== images.count) {
    const counts = `${imagesFile} holds ${images.count} images, but ${labelsFile} holds ${labels.count} labels`
    throw badDataset(`${counts}. The two files must belong together: take both from the same place`)
  }
  return { images: images.data, labels: labels?.data ?? new Uint8Array(0) }
}

/**
 * Reads an IDX file (http://yann.lecun.com/exdb/mnist), plain or gzipped. The first two bytes decide which, not the name.
 *
 * Memory grows with the bytes that are read, and not with the size that the header declares. Unpacking stops soon after
 * the declared size, and does not begin if the file is too small for it.
 *
 * Rejects with `ERR_DCGAN_BAD_DATASET`, the file, and what is wrong with it.
 */
async function readIdx(path: string, kind: IdxKind): Promise<Idx> {
  try {
    return await withRegularFile(path, async open => {
      const { file, stats } = open
      if (stats.size === 0) throw badFile(path, 'is empty')
      const zipped = isGzip(await firstBytes(open, 2))
      const reader = new IdxReader(path, kind, stats.size, zipped)
      const pieces = piecesOf(file, Math.min(PIECE_BYTES, stats.size))
      if (zipped) await streams().pipeline(pieces, zlib().createGunzip({ chunkSize: 2 ** 16 }), addTo(reader))
      else await addTo(reader)(pieces)
      return reader.end()
    })
  } catch (cause) {
    if (cause instanceof DcganError) throw cause
    throw badFile(path, whatHappened(cause as NodeJS.ErrnoException), { cause })
  }
}

function addTo(reader: IdxReader): (pieces: AsyncIterable<Uint8Array>) => Promise<void> {
  return async pieces => {
    for await (const piece of pieces) reader.add(piece)
  }
}

function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b
}

/** Takes a file's bytes in pieces of any size. Checks every size before it allocates memory. */
class IdxReader {
  readonly #path: string
  readonly #kind: IdxKind
  readonly #fileSize: number
  readonly #zipped: boolean
  readonly #header: Uint8Array
  #headerFilled = 0
  #count = 0
  #expected = 0
  #data: Uint8Array = new Uint8Array(0)
  #filled = 0

  constructor(path: string, kind: IdxKind, fileSize: number, zipped: boolean) {
    this.#path = path
    this.#kind = kind
    this.#fileSize = fileSize
    this.#zipped = zipped
    this.#header = new Uint8Array(LAYOUT[kind].header)
  }

  add(chunk: Uint8Array): void {
    let rest = chunk
    const missing = this.#header.length - this.#headerFilled
    if (missing > 0) {
      const part = rest.subarray(0, missing)
      this.#header.set(part, this.#headerFilled)
      this.#headerFilled += part.length
      rest = rest.subarray(part.length)
      if (part.length < missing) return
      this.#readHeader()
    }
    if (this.#filled + rest.length > this.#expected) {
      throw badFile(this.#path, `continues after the ${this.#count} ${this.#kind} that its header declares`)
    }
    this.#reserve(this.#filled + rest.length)
    this.#data.set(rest, this.#filled)
    this.#filled += rest.length
  }

  end(): Idx {
    if (this.#headerFilled < this.#header.length) {
      const header = `its header alone takes ${this.#header.length}`
      throw badFile(this.#path, `is cut short: ${header}, and it has ${this.#headerFilled} bytes`)
    }
    if (this.#filled < this.#expected) {
      const held = `${this.#filled} of the ${this.#expected} bytes that its header declares`
      throw badFile(this.#path, `is cut short: it holds ${held}`)
    }
    return { count: this.#count, data: this.#data.subarray(0, this.#expected) }
  }

  #readHeader(): void {
    const layout = LAYOUT[this.#kind]
    const view = new DataView(this.#header.buffer)
    const magic = view.getUint32(0)
    if (magic !== layout.magic) {
      if (this.#kind === 'images' && magic === COLOUR_MAGIC) {
        throw badFile(this.#path, 'holds images of several colours', { advice: IMAGE_ADVICE })
      }
      const other = magic === LAYOUT[this.#kind === 'images' ? 'labels' : 'images'].magic
      const names = other ? ` (it is a file of ${this.#kind === 'images' ? 'labels' : 'images'})` : ''
      throw badFile(
        this.#path,
        `starts with ${hex(magic)} where an IDX file of ${this.#kind} has ${hex(layout.magic)}${names}`,
      )
    }
    this.#count = view.getUint32(4)
    if (this.#count === 0) throw badFile(this.#path, `declares no ${this.#kind} at all`)
    if (this.#kind === 'images') {
      const rows = view.getUint32(8)
      const columns = view.getUint32(12)
      if (rows !== SIDE || columns !== SIDE) {
        throw badFile(this.#path, `holds images of ${rows}×${columns} pixels`, { advice: IMAGE_ADVICE })
      }
    }
    this.#expected = this.#count * layout.item
    if (this.#expected > MAX_BYTES) {
      throw badFile(
        this.#path,
        `declares ${this.#count} ${this.#kind}, more than the 1 GiB that is read at most`,
      )
    }
    this.#checkFileSize()
  }

  #checkFileSize(): void {
    const whole = this.#header.length + this.#expected
    const declared = `its header declares ${this.#count} ${this.#kind}, ${whole} bytes in all`
    if (this.#zipped) {
      if (whole <= Math.max(MAX_RATIO_FROM, MAX_RATIO * this.#fileSize)) return
      const limit = `more than ${MAX_RATIO} times the ${this.#fileSize} bytes of the gzip file`
      throw badFile(
        this.#path,
        `is packed too tightly: ${declared}, ${limit}. Unpack it with gunzip if it is right`,
      )
    }
    if (this.#fileSize === whole) return
    const wrong = this.#fileSize < whole ? 'is cut short' : 'has bytes left over'
    throw badFile(this.#path, `${wrong}: ${declared}, and it has ${this.#fileSize}`)
  }

  #reserve(needed: number): void {
    if (needed <= this.#data.length) return
    // MNIST's files unpack to five times their size, so this grows at most once.
    const wish = Math.max(needed, 2 * this.#data.length, 4 * this.#fileSize)
    const grown = new Uint8Array(Math.min(this.#expected, wish))
    grown.set(this.#data.subarray(0, this.#filled))
    this.#data = grown
  }
}

function whatHappened(cause: NodeJS.ErrnoException): string {
  if (cause instanceof NotRegularFile) return `is ${cause.kind}, not a regular file`
  if (cause.code === 'Z_BUF_ERROR') return 'is a gzip file that is cut short'
  if (cause.code?.startsWith('Z_')) return `is a damaged gzip file (${cause.message})`
  if (cause.code === 'ENOENT') return 'does not exist'
  if (cause.code === 'EACCES' || cause.code === 'EPERM') return 'may not be read: permission denied'
  return `cannot be read: ${cause.message}`
}

const FETCH_AGAIN = 'Fetch the file again, or give a folder with the original files'

function badFile(
  path: string,
  wrong: string,
  { advice = FETCH_AGAIN, cause }: { advice?: string; cause?: unknown } = {},
): DcganError {
  return badDataset(`${path} ${wrong}. ${advice}`, cause)
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
