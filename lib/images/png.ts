import { crc32 } from 'node:zlib'
import type { GreyImage } from './grey.js'

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/**
 * A picture as an 8-bit grey PNG, by jimp.
 *
 * jimp is loaded here, at first use: it takes 93 ms. By require, because a caller's Jest refuses import(). It hands
 * options that it does not know to its encoder, which can so be given grey bytes instead of RGBA, and no filter,
 * which is what grey strokes compress best with: 6 to 12 ms a million pixels instead of 90, in a third of the bytes.
 */
export async function encodePng({ width, height, pixels }: GreyImage): Promise<Buffer> {
  const { Jimp, JimpMime, PNGColorType, PNGFilterType } = require('jimp') as typeof import('jimp')
  const data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length)
  return Jimp.fromBitmap({ width, height, data }).getBuffer(JimpMime.png, {
    colorType: PNGColorType.GRAYSCALE,
    inputColorType: PNGColorType.GRAYSCALE,
    inputHasAlpha: false,
    filterType: PNGFilterType.NONE,
  })
}

/**
 * One small image as an 8-bit grey PNG, not compressed, of at most 65,535 bytes of rows.
 *
 * A digit takes 0.006 ms and 880 bytes, which share a network packet with an answer's head. zlib makes 310 bytes of it
 * in 0.03 ms, nearly all of them for its own set-up. That was a fifth of what a server's event loop does per digit.
 */
export function encodeSmallPng({ width, height, pixels }: GreyImage): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0])
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Each row begins with the number of its filter: 0, none.
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  }
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', storedZlib(rows)), END])
}

/** A chunk of a PNG file (PNG specification, 5.3). */
function chunk(name: string, data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(data.length + 12)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(name, 4, 'latin1')
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8)
  return bytes
}

/** A zlib stream of one block that is not compressed (RFC 1950; RFC 1951, 3.2.4). */
function storedZlib(data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(data.length + 11)
  bytes.writeUInt16BE(0x7801, 0)
  bytes.writeUInt8(1, 2)
  bytes.writeUInt16LE(data.length, 3)
  bytes.writeUInt16LE(data.length ^ 0xffff, 5)
  bytes.set(data, 7)
  bytes.writeUInt32BE(adler32(data), data.length + 7)
  return bytes
}

/** The checksum of a zlib stream (RFC 1950, 2.2). The sums of 65,535 bytes are exact without a remainder between. */
function adler32(data: Buffer): number {
  let a = 1
  let b = 0
  for (let i = 0; i < data.length; i++) {
    a += data[i] as number
    b += a
  }
  return (b % 65_521) * 65_536 + (a % 65_521)
}

const END = chunk('IEND', Buffer.alloc(0))

/**
 * The picture in a PNG file's bytes, in grey: colours as their luma (ITU-R BT.601), transparency left aside. By
 * pngjs, because jimp imports an ES module to tell what kind of file it is, which Jest refuses.
 */
export async function decodePng(bytes: Buffer): Promise<GreyImage> {
  const pngjs = require('pngjs') as typeof import('pngjs')
  const { width, height, data } = pngjs.PNG.sync.read(bytes)
  const pixels = new Uint8Array(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const [red, green, blue] = [data[4 * i] as number, data[4 * i + 1] as number, data[4 * i + 2] as number]
    pixels[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue)
  }
  return { width, height, pixels }
}

/** What the first 29 bytes of a PNG file say of its picture (PNG specification, 11.2.2). */
export interface PngHeader {
  width: number
  height: number
  /** Bits of a sample: of a palette's index, or of one colour of a pixel. */
  bitDepth: number
  /** Whether the pixels lie in the file in seven passes (Adam7). */
  interlaced: boolean
}

export const PNG_HEADER_BYTES = 29
/** The signature, and the length and name of the header that has to follow. */
const START = Buffer.concat([SIGNATURE, Buffer.from('\0\0\0\rIHDR', 'latin1')])

/** A PNG file's header, before anything is unpacked; undefined where the bytes do not begin with one. */
export function pngHeader(bytes: Buffer): PngHeader | undefined {
  if (bytes.length < PNG_HEADER_BYTES || !bytes.subarray(0, START.length).equals(START)) return undefined
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    bitDepth: bytes[24] as number,
    interlaced: bytes[28] !== 0,
  }
}
