import { type Encoder, GIFEncoder } from 'gifenc'
import { invalidArgument } from '../errors.js'
import {
  type Complete,
  checkOptions,
  integer,
  optional,
  orElse,
  withoutPrototype,
} from '../internal/options.js'
import { checkPixels, checkScale, enlarge, type GreyImage } from './grey.js'
import type { FileBytes } from './png.js'

/** Options of an animation. */
export interface GifOptions {
  /** Milliseconds per frame, 20 to 655,350; stored in hundredths of a second. Default 200. */
  delay?: number | undefined
  /** Milliseconds of the last frame, in the same range. Default: `delay`. */
  lastDelay?: number | undefined
  /** 0 (default): repeat for ever. −1: play once. n up to 65,535: repeat n times. */
  repeat?: number | undefined
  /** Draws each pixel as a square with sides of this many pixels, from 1. Default 1. */
  scale?: number | undefined
}

const GREYS = Array.from({ length: 256 }, (_, level) => [level, level, level])
const MAX_SIDE = 65_535

/**
 * Makes an animated GIF of one or more grey frames of one size. Its palette has all 256 levels, so they are kept
 * exactly. It is made synchronously, in about 5 ms per million pixels.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` for bad options
 */
export function gifOf(frames: readonly GreyImage[], options?: GifOptions): FileBytes {
  const gif = new GifWriter(checkGifOptions(options))
  for (const [i, frame] of frames.entries()) gif.add(frame, i === frames.length - 1)
  return gif.end()
}

/** Writes a GIF frame by frame, so that the frames need not be in memory together. */
export class GifWriter {
  readonly #encoder: Encoder = GIFEncoder()
  readonly #options: Complete<GifOptions>
  #started = false

  constructor(options: Complete<GifOptions>) {
    this.#options = options
  }

  /** Adds a frame, which must have the size of the first one. */
  add(frame: GreyImage, last: boolean): void {
    const { delay, lastDelay, repeat, scale } = this.#options
    checkGifSize(frame.width * scale, frame.height * scale)
    const { pixels, width, height } = enlarge(frame, scale)
    const once = this.#started ? {} : { palette: GREYS, repeat }
    this.#encoder.writeFrame(pixels, width, height, { ...once, delay: last ? lastDelay : delay })
    this.#started = true
  }

  end(): FileBytes {
    this.#encoder.finish()
    return Buffer.from(this.#encoder.bytes().buffer) as FileBytes
  }
}

/** Checks and completes the options of an animation. `defaults` replace the general defaults. */
export function checkGifOptions(options: unknown, defaults: GifOptions = {}): Complete<GifOptions> {
  const { delay: usual = 200, lastDelay: last } = withoutPrototype(defaults)
  // Browsers show frames of less than 20 ms for 100 ms.
  const delay = integer(20, 655_350, ' milliseconds')
  const checks = {
    delay: orElse(usual, delay),
    lastDelay: optional(delay),
    repeat: orElse(0, integer(-1, 65_535, ' (0: for ever, -1: once)')),
    scale: checkScale,
  }
  const checked = checkOptions('the options of the animation', options, checks)
  return { ...checked, lastDelay: checked.lastDelay ?? last ?? checked.delay }
}

function checkGifSize(width: number, height: number): void {
  if (Math.max(width, height) > MAX_SIDE) {
    throw invalidArgument('scale', `a frame of at most ${MAX_SIDE} pixels per side`, `${width}×${height}`)
  }
  checkPixels(width, height, 'scale and the size of the frames')
}
