/** Half-precision numbers in their 16 bits: IEEE 754 binary16 (F16) and the upper half of a float32 (BF16). */

/** Smallest normal binary16, 2⁻¹⁴, and the smallest magnitude that rounds to its infinity, 65520, as float32 bits. */
const NORMAL = 0x38800000
const OVERFLOW = 0x477ff000
const INFINITY = 0x7f800000
/** What the exponents' biases differ by, 127 − 15, in float32's place. */
const REBIAS = 112 << 23
/** 2²⁴: the subnormals of binary16 are multiples of 2⁻²⁴. */
const SUBNORMAL = 2 ** 24

/** float32 from binary16: exact. */
export function decodeF16(source: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) {
    const half = source[i] as number
    const sign = (half & 0x8000) << 16
    const exponent = half & 0x7c00
    const fraction = half & 0x3ff
    if (exponent === 0) target[i] = (sign === 0 ? fraction : -fraction) / SUBNORMAL
    else if (exponent === 0x7c00) bits[i] = sign | INFINITY | (fraction << 13)
    else bits[i] = sign | (((exponent | fraction) << 13) + REBIAS)
  }
}

/** float32 from bfloat16: exact. */
export function decodeBF16(source: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) bits[i] = (source[i] as number) << 16
}

/** The nearest binary16, ties to even; infinite from 65520 on. */
export function encodeF16(source: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length)
  for (let i = 0; i < source.length; i++) {
    const all = bits[i] as number
    const sign = (all >>> 16) & 0x8000
    const magnitude = all & 0x7fffffff
    if (magnitude > INFINITY) target[i] = sign | 0x7e00
    else if (magnitude >= OVERFLOW) target[i] = sign | 0x7c00
    else if (magnitude < NORMAL) target[i] = sign | roundToEven(Math.abs(source[i] as number) * SUBNORMAL)
    // Adding just under half of what is cut off carries into the exponent where it has to.
    else target[i] = sign | ((magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
