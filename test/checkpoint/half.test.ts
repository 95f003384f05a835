import { decodeBF16, decodeF16, encodeF16 } from '../../lib/checkpoint/half.js'

const ALL = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
const FLOATS = new Float32Array(65536)
decodeF16(ALL, FLOATS)

/** The value of binary16 by its definition. */
function binary16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function encode(value: number): number {
  const target = new Uint16Array(1)
  encodeF16(Float32Array.of(value), target)
  return target[0] as number
}

it('decodes each of the 65,536 numbers of F16', () => {
  const wrong = [...ALL].filter(bits => !Object.is(FLOATS[bits], binary16(bits)))
  expect(wrong).toEqual([])
})

it('encodes each of them to itself', () => {
  const bits = new Uint16Array(65536)
  encodeF16(FLOATS, bits)
  const wrong = [...ALL].filter(each => bits[each] !== each && !Number.isNaN(FLOATS[each]))
  expect(wrong).toEqual([])
  expect(encode(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00)
})

it('rounds to the nearest, and to the even one between two', () => {
  const bits = new Uint32Array(1)
  const value = new Float32Array(bits.buffer)
  for (let lower = 0; lower < 0x7bff; lower++) {
    // The middle of two neighbours is a float32, and so are the numbers next to it.
    value[0] = ((FLOATS[lower] as number) + (FLOATS[lower + 1] as number)) / 2
    const middle = bits[0] as number
    const even = lower % 2 === 0 ? lower : lower + 1
    const rounded = [-1, 0, 1].map(step => {
      bits[0] = middle + step
      return [encode(value[0] as number), encode(-(value[0] as number)) - 0x8000]
    })
    if (rounded.join() !== [lower, lower, even, even, lower + 1, lower + 1].join()) {
      throw new Error(`${FLOATS[lower]}: ${rounded}`)
    }
  }
})

it('has no number from 65520 on, and zero up to 2^-25', () => {
  expect(encode(65519.996)).toBe(0x7bff)
  expect(encode(65520)).toBe(0x7c00)
  expect(encode(-3e38)).toBe(0xfc00)
  expect(encode(2 ** -25)).toBe(0)
  expect(encode(-(2 ** -25) * 1.0000001)).toBe(0x8001)
  expect(encode(1e-45)).toBe(0)
})

it('decodes BF16 as the upper half of a float32', () => {
  const floats = new Float32Array(65536)
  decodeBF16(ALL, floats)
  const bits = new Uint32Array(floats.buffer)
  expect([...ALL].filter(each => bits[each] !== each * 65536)).toEqual([])
})
