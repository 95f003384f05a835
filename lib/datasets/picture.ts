import { type GreyImage, lumaAt } from '../images/grey.js'
import { pngHeader } from '../images/png.js'
import { loading } from '../internal/loading.js'
import { PIXELS, SIDE } from '../internal/sizes.js'

/** The most pixels of a picture to train on: 34 million. Decoded, they take 134 MB. */
const MAX_PIXELS = 2 ** 25
const MEGAPIXEL = 1e6

const OPAQUE = 255
const WHITE = 255
const MIDDLE = 127.5

/** A decoded picture: red, green, blue and opacity of each pixel, row by row. */
interface Bitmap {
  width: number
  height: number
  data: Uint8Array
}

interface Size {
  width: number
  height: number
}

/** The type and the sizes in the headers of a picture. A GIF file has two sizes: of its screen, and of its first frame. */
interface Format {
  mime: string
  sizes: Size[]
}

/**
 * Decodes a PNG, JPEG, GIF or BMP file to grey. The first bytes decide which, not the name. Transparent parts get a
 * background that the rest stands out from. Of an animation, the first frame is read.
 *
 * Rejects with an `Error` that says what is wrong with the file. The sizes are checked before anything is decompressed.
 * Decoding may take seconds: `PictureReader` calls it in a thread.
 */
export function decodePicture(bytes: Buffer): GreyImage {
  const format = formatOf(bytes)
  if (format === undefined) throw new Error('no PNG, JPEG, GIF or BMP file')
  const large = format.sizes.find(({ width, height }) => width * height > MAX_PIXELS)
  if (large !== undefined) throw new Error(`too large, ${large.width}×${large.height} pixels`)
  const bitmap = decode(format.mime, bytes)
  if (!(bitmap.width > 0 && bitmap.height > 0)) throw new Error('a picture without pixels')
  return greyOf(bitmap)
}

/** Makes an image of 28×28 pixels: the whole picture, as large as fits, centred on its own background. */
export function fitted(picture: GreyImage): GreyImage {
  const { width, height } = picture
  if (width === SIDE && height === SIDE) return picture
  const scale = SIDE / Math.max(width, height)
  const inner = resized(picture, toSide(width * scale), toSide(height * scale))
  const pixels = new Uint8Array(PIXELS).fill(backgroundOf(inner))
  const [left, top] = [Math.floor((SIDE - inner.width) / 2), Math.floor((SIDE - inner.height) / 2)]
  for (let y = 0; y < inner.height; y++) {
    pixels.set(inner.pixels.subarray(y * inner.width, (y + 1) * inner.width), (top + y) * SIDE + left)
  }
  return { width: SIDE, height: SIDE, pixels }
}

/** Returns the mean grey level along the edges of a picture. */
export function backgroundOf({ width, height, pixels }: GreyImage): number {
  let [sum, count] = [0, 0]
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1)
    for (let x = 0; x < width; x += step) {
      sum += pixels[y * width + x] as number
      count++
    }
  }
  return sum / count
}

function toSide(length: number): number {
  return Math.min(SIDE, Math.max(1, Math.round(length)))
}

function formatOf(bytes: Buffer): Format | undefined {
  const png = pngHeader(bytes)
  if (png !== undefined) {
    // The decoder does not limit interlaced pictures.
    if (png.interlaced) throw new Error('an interlaced PNG file. Save it without interlacing')
    return { mime: 'image/png', sizes: [png] }
  }
  if (bytes.length >= GIF_HEADER && /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))) {
    return { mime: 'image/gif', sizes: [sizeAt(bytes, 6), ...frameOfGif(bytes)] }
  }
  if (bytes.length > 26 && bytes.toString('latin1', 0, 2) === 'BM') {
    const [width, height] = [Math.abs(bytes.readInt32LE(18)), Math.abs(bytes.readInt32LE(22))]
    return { mime: 'image/bmp', sizes: [{ width, height }] }
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff)
    return { mime: 'image/jpeg', sizes: frameOfJpeg(bytes) }
  return undefined
}

/** The bytes of a GIF file's signature and screen descriptor. */
const GIF_HEADER = 13

function sizeAt(bytes: Buffer, at: number): Size {
  return { width: bytes.readUInt16LE(at), height: bytes.readUInt16LE(at + 2) }
}

/** Returns the size of the first frame of a GIF file (GIF89a specification, 15 to 26). A damaged file may have none. */
function frameOfGif(bytes: Buffer): Size[] {
  const packed = bytes[10] as number
  // The palette has three bytes per colour.
  let at = GIF_HEADER + (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0)
  while (bytes[at] === 0x21) {
    // An extension is a sequence of blocks. Each begins with its length, and the last one is empty.
    for (at += 2; (bytes[at] ?? 0) > 0; ) at += 1 + (bytes[at] as number)
    at++
  }
  return bytes[at] === 0x2c && at + 9 <= bytes.length ? [sizeAt(bytes, at + 5)] : []
}

/** Returns the size in the first frame header of a JPEG file (ITU-T T.81, B.2.2). A damaged file may have none. */
function frameOfJpeg(bytes: Buffer): Size[] {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] as number
    // SOF0 to SOF15, without DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return [{ width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }]
    }
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2)
  }
  return []
}

/**
 * Decodes with jimp's own decoders. Its `read()` imports an ES module to detect the file type, which Jest refuses. The
 * option limits JPEG files, and the other decoders ignore it.
 */
function decode(mime: string, bytes: Buffer): Bitmap {
  const { Jimp } = loading(() => require('jimp') as typeof import('jimp'))
  const { formats } = new Jimp({ width: 1, height: 1 })
  const found = formats.find(each => each.mime === mime)
  if (found === undefined) throw new Error(`a file of type ${mime}, which jimp does not read`)
  const limits = { maxResolutionInMP: MAX_PIXELS / MEGAPIXEL, maxMemoryUsageInMB: 1024 }
  const read = found.decode as (bytes: Buffer, options?: object) => Bitmap | Promise<Bitmap>
  return read(bytes, mime === 'image/jpeg' ? limits : undefined) as Bitmap
}

/** Draws a bitmap in grey on a background that the opaque parts stand out from. */
function greyOf({ width, height, data }: Bitmap): GreyImage {
  const pixels = new Uint8Array(width * height)
  let [light, opaque] = [0, 0]
  for (let i = 0; i < pixels.length; i++) {
    const alpha = data[4 * i + 3] as number
    const level = lumaAt(data, i)
    pixels[i] = Math.round(level)
    light += level * alpha
    opaque += alpha
  }
  if (opaque === OPAQUE * pixels.length) return { width, height, pixels }
  const background = light > MIDDLE * opaque ? 0 : WHITE
  for (let i = 0; i < pixels.length; i++) {
    const share = (data[4 * i + 3] as number) / OPAQUE
    pixels[i] = Math.round((pixels[i] as number) * share + background * (1 - share))
  }
  return { width, height, pixels }
}

/** Resizes with jimp, which averages pixels when it makes a picture smaller. */
function resized({ width, height, pixels }: GreyImage, w: number, h: number): GreyImage {
  const { Jimp } = loading(() => require('jimp') as typeof import('jimp'))
  const data = Buffer.alloc(4 * pixels.length, OPAQUE)
  for (let i = 0; i < pixels.length; i++) data.fill(pixels[i] as number, 4 * i, 4 * i + 3)
  const { bitmap } = Jimp.fromBitmap({ width, height, data }).resize({ w, h })
  return {
    width: w,
    height: h,
    pixels: Uint8Array.from({ length: w * h }, (_, i) => bitmap.data[4 * i] as number),
  }
}
