/** Half-precision numbers in their 16 bits: IEEE 754 binary16 (F16) and the upper half of a float32 (BF16). */

/** As float32 bits: the smallest normal binary16, 2⁻¹⁴, and 65520, the smallest number that rounds to infinity. */
const NORMAL = 0x38800000
const OVERFLOW = 0x477ff000
const INFINITY = 0x7f800000
/** The difference of the exponents' biases, 127 − 15, at the exponent's place in a float32. */
const REBIAS = 112 << 23
/** The subnormals of binary16 are multiples of 2⁻²⁴. */
const SUBNORMAL = 2 ** 24

/** Converts binary16 to float32, exactly. Returns whether all numbers are finite. */
export function decodeF16(source: Uint16Array, target: Float32Array): boolean {
  let finite = true
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) {
    const half = source[i] as number
    const sign = (half & 0x8000) << 16
    const exponent = half & 0x7c00
    const fraction = half & 0x3ff
    if (exponent === 0) target[i] = (sign === 0 ? fraction : -fraction) / SUBNORMAL
    else if (exponent === 0x7c00) {
      bits[i] = sign | INFINITY | (fraction << 13)
      finite = false
    } else bits[i] = sign | (((exponent | fraction) << 13) + REBIAS)
  }
  return finite
}

/** Converts bfloat16 to float32, exactly. Returns whether all numbers are finite. */
export function decodeBF16(source: Uint16Array, target: Float32Array): boolean {
  let finite = true
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) {
    const half = source[i] as number
    if ((half & 0x7f80) === 0x7f80) finite = false
    bits[i] = half << 16
  }
  return finite
}

/** Converts float32 to the nearest binary16, ties to even. From 65520 on it is infinite. */
export function encodeF16(source: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length)
  for (let i = 0; i < source.length; i++) {
    const all = bits[i] as number
    const sign = (all >>> 16) & 0x8000
    const magnitude = all & 0x7fffffff
    if (magnitude > INFINITY) target[i] = sign | 0x7e00
    else if (magnitude >= OVERFLOW) target[i] = sign | 0x7c00
    else if (magnitude < NORMAL) target[i] = sign | roundToEven(Math.abs(source[i] as number) * SUBNORMAL)
    // Adding almost half of the cut-off part rounds, and carries into the exponent if necessary.
    else target[i] = sign | ((magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
