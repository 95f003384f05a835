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
