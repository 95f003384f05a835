import * as fc from 'fast-check'
import { type GifOptions, type GreyImage, gifOf } from '../../lib/images/index'
import { code } from '../support/failure'
import { decodeGif } from './decoders'

function frame(width: number, height: number, level: (i: number) => number): GreyImage {
  return { width, height, pixels: Uint8Array.from({ length: width * height }, (_, i) => level(i)) }
}

test('all 256 levels come back exactly, in every frame', () => {
  const frames = [frame(16, 16, i => i), frame(16, 16, i => 255 - i), frame(16, 16, i => (i * 37) & 255)]
  const gif = decodeGif(gifOf(frames))
  expect(gif.frames.map(({ levels }) => levels)).toEqual(frames.map(({ pixels }) => [...pixels]))
})

test('any frames of any size come back, in order', () => {
  const size = fc.record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  const frames = size.chain(({ width, height }) => {
    const pixels = fc.uint8Array({ minLength: width * height, maxLength: width * height })
    return fc.array(fc.record({ width: fc.constant(width), height: fc.constant(height), pixels }), {
      minLength: 1,
      maxLength: 4,
    })
  })
  fc.assert(
    fc.property(frames, given => {
      const gif = decodeGif(gifOf(given))
      expect(gif.frames.map(({ levels }) => levels)).toEqual(given.map(({ pixels }) => [...pixels]))
      expect([gif.width, gif.height]).toEqual([given[0]?.width, given[0]?.height])
    }),
    { numRuns: 200 },
  )
})

test('noise, which overflows the code table again and again, comes back', () => {
  let state = 1
  const noise = frame(500, 400, () => {
    state = Math.imul(state, 1664525) + 1013904223
    return state >>> 24
  })
  const [only] = decodeGif(gifOf([noise])).frames
  expect(Buffer.compare(Buffer.from(only?.levels ?? []), noise.pixels)).toBe(0)
})

test.each([
  [undefined, [200, 200, 200], 0],
  [{ delay: 40 }, [40, 40, 40], 0],
  [{ delay: 100, lastDelay: 1500 }, [100, 100, 1500], 0],
  [{ delay: 123 }, [120, 120, 120], 0],
  [{ delay: 655_350 }, [655_350, 655_350, 655_350], 0],
  [{ repeat: -1 }, [200, 200, 200], undefined],
  [{ repeat: 3 }, [200, 200, 200], 3],
] as const)('timing of %j', (options, delays, loop) => {
  const one = frame(2, 2, i => i)
  const gif = decodeGif(gifOf([one, one, one], options))
  expect(gif.frames.map(({ delay }) => delay)).toEqual(delays)
  expect(gif.loop).toBe(loop)
})

test('scale makes each pixel a square', () => {
  const gif = decodeGif(gifOf([frame(2, 1, i => i + 1)], { scale: 2 }))
  expect(gif).toMatchObject({ width: 4, height: 2, frames: [{ levels: [1, 1, 2, 2, 1, 1, 2, 2] }] })
})

describe('an impossible value is refused with its key', () => {
  const good = frame(2, 2, () => 0)

  test.each<[string, unknown]>([
    ['delay', { delay: 10 }],
    ['delay', { delay: 655_351 }],
    ['lastDelay', { lastDelay: 0 }],
    ['repeat', { repeat: -2 }],
    ['repeat', { repeat: Number.POSITIVE_INFINITY }],
    ['delay', { delay: null }],
    ['lastDelay', { lastDelay: null }],
    ['repeat', { repeat: null }],
    ['scale', { scale: null }],
    ['scale', { scale: 0 }],
    ['scale', { scale: 40_000 }],
    ['scale', { scale: 3000 }],
    ['"speed"', { speed: 2 }],
  ])('%s: %#', (key, options) => {
    expect(() => gifOf([good], options as GifOptions)).toThrow(code('ERR_DCGAN_INVALID_ARGUMENT', key))
  })
})
