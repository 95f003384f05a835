import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Jimp } from 'jimp'

/** A picture of these colours: `0xRRGGBBAA` of each pixel. */
export function picture(width: number, height: number, colour: (x: number, y: number) => number) {
  const image = new Jimp({ width, height })
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) image.setPixelColor(colour(x, y), x, y)
  return image
}

/** A filled square in the middle of a picture, of half its side. */
export function square(side: number, ink = 0xffffffff, paper = 0x000000ff) {
  const inside = (at: number) => at >= side / 4 && at < (3 * side) / 4
  return picture(side, side, (x, y) => (inside(x) && inside(y) ? ink : paper))
}

/** Writes a file, and the folders above it. */
export function put(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

/** A black JPEG file of one grey component: two bits per block of 8×8 pixels. It is decoded slowly. */
export function blankJpeg(width: number, height: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt16BE(height)
  size.writeUInt16BE(width, 2)
  const segment = (marker: number, ...data: number[]) => [0xff, marker, 0, data.length + 2, ...data]
  // A code of one bit, for the symbol 0: no difference, and the end of the block.
  const code = [1, ...Array(15).fill(0), 0]
  return Buffer.concat([
    Buffer.of(0xff, 0xd8, ...segment(0xdb, 0, ...Array(64).fill(1))),
    Buffer.of(...segment(0xc0, 8, ...size, 1, 1, 0x11, 0)),
    Buffer.of(...segment(0xc4, 0, ...code), ...segment(0xc4, 0x10, ...code)),
    Buffer.of(...segment(0xda, 1, 1, 0, 0, 63, 0)),
    Buffer.alloc(Math.ceil((Math.ceil(width / 8) * Math.ceil(height / 8)) / 4)),
    Buffer.of(0xff, 0xd9),
  ])
}

/** A GIF file of 28×28 pixels with a first frame of another size. */
export function gifOfFrame(width: number, height: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt16LE(width)
  size.writeUInt16LE(height, 2)
  const start = Buffer.from('GIF89a\x1c\0\x1c\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1')
  const comment = Buffer.from('!\xfe\x01x\0', 'latin1')
  const frame = Buffer.of(0x2c, 0, 0, 0, 0, ...size, 0, 2, 2, 0x44, 1, 0, 0x3b)
  return Buffer.concat([start, comment, frame])
}
