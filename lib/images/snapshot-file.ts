import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DcganError } from '../errors.js'
import { ioError } from '../internal/files.js'
import { firstBytes, withRegularFile } from '../internal/regular-file.js'
import { PIXELS, SIDE } from '../internal/sizes.js'
import { type GreyImage, layGrid } from './grey.js'
import { decodePng, isPlain, PNG_HEADER_BYTES, type PngHeader, pngHeader } from './png.js'

/** The side of the largest snapshot in pixels: 64 digits. */
const MAX_SIDE = 64 * SIDE
/** The most pixels of a picture that is not 8-bit grey: 334 digits. Decoding it blocks the event loop for 20 ms. */
const MAX_COLOURED = 2 ** 18
/** More bytes than the largest snapshot would need as an uncompressed colour picture. */
const MAX_BYTES = 2 ** 24

/** Returns the file name of the snapshot after `step` steps, such as `dcgan_steps_000469.png`. */
export function snapshotName(step: number): string {
  return `dcgan_steps_${String(step).padStart(6, '0')}.png`
}

/** Lists the paths of a folder's snapshots by step. Beyond 999,999 steps, the names sort in another order. */
export async function listSnapshots(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(cause => {
    throw ioError('read', folder, cause)
  })
  return names
    .map(name => ({ name, step: Number(/^dcgan_steps_(\d{6,15})\.png$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ name, step }) => name === snapshotName(step))
    .sort((a, b) => a.step - b.step)
    .map(({ name }) => join(folder, name))
}

/**
 * Reads a snapshot. Checks its header before decompressing, because a small file may declare a picture of gigabytes.
 *
 * Rejects with `ERR_DCGAN_IO`, the path, and what is wrong with the file.
 */
export async function readSnapshot(path: string): Promise<GreyImage> {
  const bytes = await firstBytesOf(path, MAX_BYTES + 1)
  const wrong = bytes.length > MAX_BYTES ? 'larger than any snapshot' : misfit(pngHeader(bytes))
  if (wrong !== undefined) throw unreadable(path, wrong)
  return decodePng(bytes).catch(cause => {
    throw unreadable(path, 'a damaged PNG file', cause)
  })
}

/** Arranges the first `count` digits of a snapshot in rows. In a snapshot they run down the columns. */
export async function firstDigits(
  path: string,
  { count, columns, gap }: { count: number; columns: number; gap: number },
): Promise<GreyImage> {
  const snapshot = await readSnapshot(path)
  const [rows, all] = [snapshot.height / SIDE, (snapshot.width * snapshot.height) / PIXELS]
  const images = { width: SIDE, height: SIDE, pixels: new Uint8Array(Math.min(count, all) * PIXELS) }
  for (let row = 0; row * SIDE < images.pixels.length; row++) {
    const [image, y] = [Math.floor(row / SIDE), row % SIDE]
    const [left, top] = [Math.floor(image / rows) * SIDE, (image % rows) * SIDE]
    const from = (top + y) * snapshot.width + left
    images.pixels.set(snapshot.pixels.subarray(from, from + SIDE), row * SIDE)
  }
  return layGrid(images, Math.min(count, all), { columns: Math.min(columns, count, all), order: 'rows', gap })
}

/**
 * Reads width and height from a snapshot's header. Returns undefined if a training run cannot have written the file.
 *
 * Rejects with `ERR_DCGAN_IO` if the file cannot be read.
 */
export async function snapshotSize(path: string): Promise<{ width: number; height: number } | undefined> {
  const header = pngHeader(await firstBytesOf(path, PNG_HEADER_BYTES))
  return misfit(header) === undefined ? header : undefined
}

/** Formats a picture's size for messages. */
export function sizeOf({ width, height }: { width: number; height: number }): string {
  return `${width}×${height}`
}

async function firstBytesOf(path: string, limit: number): Promise<Buffer> {
  return withRegularFile(path, open => firstBytes(open, limit)).catch(cause => {
    throw ioError('read', path, cause)
  })
}

/** Says why a PNG file is not a snapshot; undefined if it may be one. */
function misfit(header: PngHeader | undefined): string | undefined {
  if (header === undefined) return 'not a PNG file'
  const { width, height, bitDepth, interlaced } = header
  if (width > MAX_SIDE || height > MAX_SIDE) {
    return `too large, ${sizeOf(header)} pixels, where a snapshot has ${MAX_SIDE}×${MAX_SIDE} at most`
  }
  // The decoder does not limit interlaced pictures, and takes seconds for one of 16 bits.
  if (interlaced) return 'an interlaced PNG file, which no snapshot is'
  if (bitDepth > 8) return `a PNG file of ${bitDepth} bits, where a snapshot has 8`
  return width * height > MAX_COLOURED && !isPlain(header)
    ? `a PNG file of ${sizeOf(header)} pixels that are not 8-bit grey, as in a snapshot`
    : undefined
}

function unreadable(path: string, what: string, cause?: unknown): DcganError {
  const message = `${path} is ${what}. Remove it, or restore it, and try again`
  return new DcganError('ERR_DCGAN_IO', message, cause === undefined ? {} : { cause })
}
