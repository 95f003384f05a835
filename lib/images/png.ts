import type { PNG } from 'pngjs'
import type { GreyImage } from './grey.js'

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
 * One small image as an 8-bit grey PNG, by pngjs, which is jimp's encoder.
 *
 * A digit of 28×28 pixels takes 0.03 ms with these options, and no less with zlib and a writer of our own; 0.1 to
 * 0.5 ms through jimp, 0.16 ms with fast-png 8, 0.09 to 0.24 ms with zlib on the thread pool: the job is too short
 * to be worth the way there.
 */
export async function encodeSmallPng({ width, height, pixels }: GreyImage): Promise<Buffer> {
  const pngjs = require('pngjs') as typeof import('pngjs')
  // The constructor would make streams and an RGBA buffer, which take longer than the encoding.
  const image = { width, height, data: pixels } as unknown as PNG
  return pngjs.PNG.sync.write(image, {
    colorType: 0,
    inputColorType: 0,
    inputHasAlpha: false,
    filterType: 0,
    deflateChunkSize: 1024,
  })
}

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
const START = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')

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
