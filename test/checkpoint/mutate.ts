/** Random corruption of files, the same for the same seed. */
export class Mutator {
  #state: number

  constructor(seed: number) {
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

  /** One file corrupted once to three times; `others` lend it their parts. */
  file(seed: Buffer, others: readonly Buffer[]): Buffer {
    let bytes: Buffer = Buffer.from(seed)
    for (let times = 1 + this.below(3); times > 0; times--) {
      const way = this.below(6)
      if (way === 0) bytes = this.#flip(bytes)
      else if (way === 1) bytes = this.#resize(bytes)
      else if (way === 2) bytes = this.#splice(bytes, this.pick(others))
      else if (way === 3) bytes = this.#length(bytes)
      else bytes = this.#header(bytes)
    }
    return bytes
  }

  /** The text of a header with a token, a number or a stretch of it changed. */
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

  /** Changes the header and, mostly, the length before it accordingly, so that more than the length is tested. */
  #header(bytes: Buffer): Buffer {
    const length = bytes.length < 8 ? 0 : Math.min(Number(bytes.readBigUInt64LE()), bytes.length - 8)
    const header = Buffer.from(this.text(bytes.toString('latin1', 8, 8 + length)), 'latin1')
    const start = Buffer.alloc(8)
    start.writeBigUInt64LE(BigInt(this.below(10) === 0 ? length : header.length))
    return Buffer.concat([start, header, bytes.subarray(8 + length)])
  }

  #flip(bytes: Buffer): Buffer {
    for (let times = 1 + this.below(4); times > 0 && bytes.length > 0; times--) {
      const at = this.below(bytes.length)
      bytes[at] = (bytes[at] as number) ^ (1 << this.below(8))
    }
    return bytes
  }

  #resize(bytes: Buffer): Buffer {
    if (this.below(2) === 0) return bytes.subarray(0, this.below(bytes.length + 1))
    return Buffer.concat([bytes, Buffer.alloc(1 + this.below(64), this.below(256))])
  }

  #splice(bytes: Buffer, other: Buffer): Buffer {
    const from = this.below(other.length + 1)
    const part = other.subarray(from, from + this.below(64))
    const at = this.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + this.below(64))])
  }

  #length(bytes: Buffer): Buffer {
    if (bytes.length < 8) return bytes
    const length = bytes.readBigUInt64LE()
    const small = BigInt(this.below(16))
    const next = this.pick([
      length + small,
      length - small,
      1n << BigInt(this.below(64)),
      BigInt(bytes.length),
    ])
    bytes.writeBigUInt64LE(BigInt.asUintN(64, next))
    return bytes
  }
}

const TOKENS = [
  ...'{}[]:,"\\ \n\t\0ü',
  '"\\u0000"',
  'null',
  '-',
  '.',
  'e9',
  '"U8"',
  '"F64"',
  '"__metadata__"',
  '',
]
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
