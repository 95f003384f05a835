// The TypeScript twin of binding/random/philox.h.

/** The purpose of a draw: the last word of its counter. */
export const Stream = { sample: 1, label: 7 } as const

const HIGH = 2 ** 32

/** Philox4x32-10 (Salmon et al. 2011): four random words as a function of a key and a counter. */
export function philox(key: number, counter: readonly [number, number, number, number]): Uint32Array {
  let [k0, k1] = [key >>> 0, Math.floor(key / HIGH) >>> 0]
  let [c0, c1, c2, c3] = counter
  for (let round = 0; round < 10; round++) {
    const [aHigh, aLow] = product(0xd2511f53, c0)
    const [bHigh, bLow] = product(0xcd9e8d57, c2)
    ;[c0, c1, c2, c3] = [(bHigh ^ c1 ^ k0) >>> 0, bLow, (aHigh ^ c3 ^ k1) >>> 0, aLow]
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return Uint32Array.of(c0, c1, c2, c3)
}

/** The upper and the lower 32 bits of a product of two 32-bit words. */
function product(a: number, b: number): [number, number] {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const middle = a1 * b0 + ((a0 * b0) >>> 16)
  const carry = (middle & 0xffff) + a0 * b1
  return [(a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0, Math.imul(a, b) >>> 0]
}
