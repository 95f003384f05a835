import type { Mutator } from '../checkpoint/mutate.js'

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff]

/** Ways to corrupt a file of any kind. */
const WAYS: ((bytes: Buffer, mutator: Mutator) => Buffer)[] = [
  (bytes, mutator) => flip(bytes, mutator.below(bytes.length), 1 << mutator.below(8)),
  // The header is where it hurts most.
  (bytes, mutator) => flip(bytes, mutator.below(Math.min(32, bytes.length)), 1 + mutator.below(255)),
  (bytes, mutator) => {
    bytes[mutator.below(Math.min(32, bytes.length))] = mutator.pick(INTERESTING)
    return bytes
  },
  (bytes, mutator) => bytes.subarray(0, mutator.below(bytes.length + 1)),
  (bytes, mutator) => bytes.subarray(mutator.below(bytes.length)),
  (bytes, mutator) => Buffer.concat([bytes, Buffer.alloc(1 + mutator.below(4000), mutator.below(256))]),
  (bytes, mutator) => {
    const [from, length] = [mutator.below(bytes.length), mutator.below(64)]
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)])
  },
  (bytes, mutator) => {
    const [from, to] = [mutator.below(bytes.length), mutator.below(bytes.length)]
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  (bytes, mutator) => {
    if (bytes.length >= 8) bytes.writeUInt32BE(mutator.below(2 ** 32), 4)
    return bytes
  },
]

function flip(bytes: Buffer, at: number, mask: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ mask
  return bytes
}

/** A copy of a file's bytes, corrupted up to four times. */
export function corrupted(bytes: Buffer, mutator: Mutator): Buffer {
  let copy: Buffer = Buffer.from(bytes)
  for (let times = 1 + mutator.below(4); times > 0 && copy.length > 0; times--) {
    copy = mutator.pick(WAYS)(copy, mutator)
  }
  return copy
}
