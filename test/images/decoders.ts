import { decompressFrames, parseGIF } from 'gifuct-js'
import { PNG } from 'pngjs'

export interface DecodedPng {
  width: number
  height: number
  /** Red of every pixel; `grey` says that green and blue are the same everywhere, and alpha 255. */
  levels: number[]
  grey: boolean
  /** Bit depth and colour type as the header has them; 8 and 0 for 8-bit grey. */
  bitDepth: number
  colorType: number
}

export function decodePng(bytes: Buffer): DecodedPng {
  const { width, height, data } = PNG.sync.read(bytes)
  const levels = Array.from({ length: width * height }, (_, i) => data[4 * i] as number)
  const grey = levels.every(
    (level, i) => data[4 * i + 1] === level && data[4 * i + 2] === level && data[4 * i + 3] === 255,
  )
  return { width, height, levels, grey, bitDepth: bytes[24] as number, colorType: bytes[25] as number }
}

export interface DecodedGif {
  width: number
  height: number
  frames: { delay: number; levels: number[] }[]
  /** The count in the loop extension; undefined without one. 0: for ever. */
  loop: number | undefined
}

export function decodeGif(bytes: Buffer): DecodedGif {
  const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  const gif = parseGIF(data)
  const frames = decompressFrames(gif, false).map(({ delay, pixels, colorTable, dims }) => {
    if (dims.width !== gif.lsd.width || dims.height !== gif.lsd.height)
      throw new Error('a frame of another size')
    return {
      delay,
      levels: [...pixels].map(index => {
        const [red, green, blue] = colorTable[index] as [number, number, number]
        if (red !== green || green !== blue) throw new Error('a colour')
        return red
      }),
    }
  })
  const extension = bytes.indexOf('NETSCAPE2.0', 0, 'latin1')
  const loop = extension < 0 ? undefined : bytes.readUInt16LE(extension + 13)
  return { width: gif.lsd.width, height: gif.lsd.height, frames, loop }
}
