import type { Mutator } from '../mutator.js'

const MAX_BYTES = 2 ** 20

/** The parts that a hostile header repeats, after its beginning. */
const PATTERNS: [begin: string, repeated: string, end: string][] = [
  ['{"', '\\"', ''],
  ['{"', '\\\\', '":{}}'],
  ['{"', '\\u0022', '":{}}'],
  ['{', '"', ''],
  ['', '{"":', ''],
  ['', '[', ''],
  ['{"a":[', '0,', '0]}'],
  ['{"a":[', '{},', '0]}'],
  ['{', '"a":{},', '"b":{}}'],
  ['{"__metadata__":{"a":"', 'x', '"}}'],
  ['{"__metadata__":{"format":"', '\\ud800', '"}}'],
  ['{"a":', '9', '}'],
  ['{"a":0.', '0', '1}'],
  ['{', ' ', '}'],
  ['', '}', ''],
]

/** A file with a hostile header of up to a mebibyte, and some data. */
export function hostileHeader(mutator: Mutator): Buffer {
  const [begin, repeated, end] = mutator.pick(PATTERNS)
  const left = MAX_BYTES - Buffer.byteLength(begin + end)
  const times = Math.floor(left / Buffer.byteLength(repeated))
  const text = begin + repeated.repeat(mutator.below(4) === 0 ? mutator.below(times) : times) + end
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)))
  return Buffer.concat([length, Buffer.from(text), Buffer.alloc(mutator.below(20))])
}
