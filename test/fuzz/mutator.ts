/** Random corruption of files, the same for the same seed. */
export class Mutator {
  #state: number

  constructor(readonly seed: number) {
    this.#state = seed
  }

  /** An integer from 0 and below `end` (mulberry32). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % end
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  /** A copy of a file's bytes, corrupted up to four times, in these ways too. */
  corrupted(bytes: Buffer, ways: readonly Way[] = WAYS): Buffer {
    let copy: Buffer = Buffer.from(bytes)
    for (let times = 1 + this.below(4); times > 0 && copy.length > 0; times--) {
      copy = this.pick(ways)(copy, this)
    }
    return copy
  }

  /** The text of a JSON header with a token, a number or a part of it changed. */
  text(header: string): string {
    const way = this.below(8)
    const at = this.below(header.length + 1)
    if (way === 0) return header.slice(0, at) + this.pick(TOKENS) + header.slice(at + this.below(3))
    if (way > 4) return this.#number(header)
    if (way === 1) return header.slice(0, at) + header.slice(at + this.below(40))
    const from = this.below(header.length + 1)
    const part = header.slice(from, from + this.below(way === 2 ? 12 : 120))
    return header.slice(0, at) + part + header.slice(at)
  }

  #number(header: string): string {
    const numbers = [...header.matchAll(/\d+/g)]
    if (numbers.length === 0) return header
    const { 0: digits, index } = this.pick(numbers)
    const value = Number(digits)
    const other = this.pick([...NUMBERS, value + 1, value - 1, value * 2, value * 2 ** 32, this.below(200)])
    return header.slice(0, index) + other + header.slice(index + digits.length)
  }
}

/** Corrupts bytes, which it may change and return. */
export type Way = (bytes: Buffer, mutator: Mutator) => Buffer

/** The ways to corrupt a file of any kind. Most errors hide in the first bytes. */
export const WAYS: readonly Way[] = [
  (bytes, mutator) => flip(bytes, mutator.below(bytes.length), 1 << mutator.below(8)),
  (bytes, mutator) => flip(bytes, mutator.below(Math.min(32, bytes.length)), 1 + mutator.below(255)),
  (bytes, mutator) => {
    bytes[mutator.below(Math.min(32, bytes.length))] = mutator.pick([0, 1, 0x7f, 0x80, 0xff])
    return bytes
  },
  (bytes, mutator) => bytes.subarray(0, mutator.below(bytes.length + 1)),
  (bytes, mutator) => bytes.subarray(mutator.below(bytes.length)),
  (bytes, mutator) => Buffer.concat([bytes, Buffer.alloc(1 + mutator.below(4000), mutator.below(256))]),
  // A part is left out, or is there twice.
  (bytes, mutator) => {
    const from = mutator.below(bytes.length)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + mutator.below(64))])
  },
  (bytes, mutator) =>
    Buffer.concat([
      bytes.subarray(0, mutator.below(bytes.length)),
      bytes.subarray(mutator.below(bytes.length)),
    ]),
  (bytes, mutator) => {
    if (bytes.length >= 8) bytes.writeUInt32BE(mutator.below(2 ** 32), 4)
    return bytes
  },
]

function flip(bytes: Buffer, at: number, mask: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ mask
  return bytes
}

const TOKENS = [...'{}[]:,"\\ \n\t\0ü', ...'"\\u0000"|null|-|.|e9|"U8"|"F64"|"__metadata__"|'.split('|')]
const NUMBERS = [
  0,
  1,
  -1,
  7,
  255,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  '18446744073709551616',
  '1e3',
  '1.5',
]
