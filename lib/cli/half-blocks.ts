import type { GreyImage } from '../images/index.js'
import { SIDE } from '../internal/sizes.js'
import { isLive, sizeOf } from '../internal/terminal.js'

/** Colour depths with enough greys: 256 colours have 24 of them. A palette of 16 colours has too few. */
const [PALETTE_BITS, TRUE_COLOUR_BITS] = [8, 24]
/** The width in characters below which a digit cannot be read. */
const LEAST_SIDE = 7
/** Lines of the terminal that stay free, for the text before the picture and for the prompt after it. */
const OTHER_LINES = 2

/** Returns whether pictures may be drawn on a stream. `--no-preview`, `NO_COLOR`, `TERM=dumb`, `CI` and pipes say no. */
export function showsPictures(stream: NodeJS.WriteStream, preview = true): boolean {
  return preview && isLive(stream) && stream.getColorDepth() >= PALETTE_BITS
}

/**
 * Draws a picture of digits with half-block characters, two pixels per character. Returns lines that fit the terminal,
 * or none if the digits would be too small.
 *
 * @param scale output pixels per pixel of a digit
 */
export function halfBlocks(stream: NodeJS.WriteStream, picture: GreyImage, scale = 1): string[] {
  const { columns, rows } = sizeOf(stream)
  // A line holds two rows of pixels.
  const lines = Math.max(1, rows - OTHER_LINES)
  const factor = Math.max(Math.ceil(picture.width / columns), Math.ceil(picture.height / (2 * lines)))
  if ((SIDE * scale) / factor < LEAST_SIDE) return []
  const { width, height, pixels } = shrink(picture, factor)
  const colour = stream.getColorDepth() >= TRUE_COLOUR_BITS ? trueColour : paletteColour
  return Array.from({ length: Math.ceil(height / 2) }, (_, line) => {
    let [text, last] = ['', '']
    for (let x = 0; x < width; x++) {
      const upper = pixels[2 * line * width + x] as number
      const lower = pixels[(2 * line + 1) * width + x]
      const below = lower === undefined ? '49' : `48;${colour(lower)}`
      const colours = `\u001b[38;${colour(upper)};${below}m`
      text += colours === last ? '▀' : `${colours}▀`
      last = colours
    }
    return `${text}\u001b[0m`
  })
}

/** Averages squares of `factor` × `factor` pixels. Leaves out incomplete squares at the right and the bottom. */
function shrink(picture: GreyImage, factor: number): GreyImage {
  if (factor === 1) return picture
  const [width, height] = [Math.floor(picture.width / factor), Math.floor(picture.height / factor)]
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let row = y * factor; row < (y + 1) * factor; row++) {
        const first = row * picture.width + x * factor
        for (let i = first; i < first + factor; i++) sum += picture.pixels[i] as number
      }
      pixels[y * width + x] = sum / factor ** 2
    }
  }
  return { width, height, pixels }
}

function trueColour(level: number): string {
  return `2;${level};${level};${level}`
}

/** Picks the nearest of black, white and the palette's 24 greys, which have the levels 8, 18, … 238. */
function paletteColour(level: number): string {
  if (level < 4) return '5;16'
  if (level > 246) return '5;231'
  return `5;${232 + Math.min(23, Math.round((level - 8) / 10))}`
}
