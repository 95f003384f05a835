import { type Encoder, GIFEncoder } from 'gifenc'
import { invalidArgument } from '../errors.js'
import { type Complete, checkInteger, checkKeys } from '../options.js'
import { isUint8Array, lengthOf } from '../typed-arrays.js'
import { checkPixels, checkScale, enlarge, type GreyImage } from './grey.js'

/** Options of an animation. */
export interface GifOptions {
  /** Milliseconds that a frame stays, 20 to 655,350; kept in hundredths of a second. Default 200. */
  delay?: number | undefined
  /** Milliseconds that the last frame stays, in the same range. Default: as `delay`. */
  lastDelay?: number | undefined
  /** 0 (default): over and over; −1: once; n up to 65,535: n more times after the first. */
  repeat?: number | undefined
  /** Each pixel as a square of so many pixels' side, from 1. Default 1. */
  scale?: number | undefined
}

const GREYS = Array.from({ length: 256 }, (_, level) => [level, level, level])
const MAX_SIDE = 65_535

/**
 * An animated GIF of grey frames of one size, in their order. All 256 levels are in its palette, so they are kept
 * exactly. Made at once, on the event loop: about 5 ms a million pixels.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` for no frames, frames of different sizes, or bad options
 */
export function gifOf(frames: readonly GreyImage[], options?: GifOptions): Buffer {
  const timing = checkGifOptions(options)
  if (!Array.isArray(frames) || frames.length === 0)
    throw invalidArgument('frames', 'a frame at least', frames)
  const gif = new GifWriter(timing)
  frames.forEach((given, i) => {
    const frame = checkFrame(`frames[${i}]`, given)
    const { width, height } = frame
    const first = frames[0] as GreyImage
    if (width !== first.width || height !== first.height) {
      const expected = `${first.width}×${first.height} pixels, as frames[0] has,`
      throw invalidArgument(`frames[${i}]`, expected, `${width}×${height}`)
    }
    gif.add(frame, i === frames.length - 1)
  })
  return gif.end()
}

/** An animation frame by frame, for those that do not lie in memory together. */
export class GifWriter {
  readonly #encoder: Encoder = GIFEncoder()
  readonly #options: Complete<GifOptions>
  #started = false

  constructor(options: Complete<GifOptions>) {
    this.#options = options
  }

  /** All frames must have the size of the first. */
  add(frame: GreyImage, last: boolean): void {
    const { delay, lastDelay, repeat, scale } = this.#options
    checkGifSize(frame.width * scale, frame.height * scale)
    const { pixels, width, height } = enlarge(frame, scale)
    const once = this.#started ? {} : { palette: GREYS, repeat }
    this.#encoder.writeFrame(pixels, width, height, { ...once, delay: last ? lastDelay : delay })
    this.#started = true
  }

  end(): Buffer {
    this.#encoder.finish()
    return Buffer.from(this.#encoder.bytes().buffer)
  }
}

/** The complete options of an animation; `defaults` go before the general ones. */
export function checkGifOptions(options: unknown, defaults: GifOptions = {}): Complete<GifOptions> {
  const given = checkKeys('the options of the animation', options, ['delay', 'lastDelay', 'repeat', 'scale'])
  const delay = checkDelay('delay', given.delay ?? defaults.delay ?? 200)
  const lastDelay = checkDelay('lastDelay', given.lastDelay ?? defaults.lastDelay ?? delay)
  const repeat = checkInteger('repeat', given.repeat ?? 0, -1, 65_535, ' (0: for ever, -1: once)')
  return { delay, lastDelay, repeat, scale: checkScale(given.scale ?? 1) }
}

function checkDelay(key: string, value: unknown): number {
  // Browsers take less than 20 ms for a mistake and show such a frame for 100.
  return checkInteger(key, value, 20, 655_350, ' milliseconds')
}

function checkFrame(key: string, frame: unknown): GreyImage {
  const { width, height, pixels } = checkKeysOf(key, frame)
  checkInteger(`${key}.width`, width, 1, MAX_SIDE)
  checkInteger(`${key}.height`, height, 1, MAX_SIDE)
  if (!isUint8Array(pixels) || lengthOf(pixels) !== (width as number) * (height as number)) {
    throw invalidArgument(`${key}.pixels`, `a Uint8Array of ${width} × ${height}`, pixels)
  }
  // A view of its own, since the encoder asks for its length again.
  return { width: width as number, height: height as number, pixels: pixels.subarray() }
}

function checkKeysOf(key: string, frame: unknown): Partial<Record<keyof GreyImage, unknown>> {
  if (typeof frame !== 'object' || frame === null)
    throw invalidArgument(key, '{ width, height, pixels }', frame)
  return frame
}

function checkGifSize(width: number, height: number): void {
  if (Math.max(width, height) > MAX_SIDE) {
    throw invalidArgument('scale', `a frame of at most ${MAX_SIDE} pixels a side`, `${width}×${height}`)
  }
  checkPixels(width, height, 'scale and the size of the frames')
}
