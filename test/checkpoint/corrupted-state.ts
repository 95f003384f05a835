import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { draftState, float32, int64, writeDraft } from './files.js'
import type { Mutator } from './mutate.js'

/** A state file on the disk, of which a mutation changes some bytes and puts them back afterwards. */
export class CorruptedState {
  readonly path: string
  readonly #bytes: Buffer
  readonly #header: string
  readonly #dataStart: number

  /** The header gets room, so that it may grow without the data being moved. */
  constructor(folder: string, kind: 'full' | 'half') {
    this.path = join(folder, kind)
    writeDraft(this.path, draftState(kind === 'full' ? 'full' : 'generator', { half: kind === 'half' }))
    const bytes = readFileSync(this.path)
    const end = 8 + Number(bytes.readBigUInt64LE())
    this.#header = bytes.toString('latin1', 8, end)
    this.#dataStart = 8 + 2 * this.#header.length
    this.#bytes = Buffer.concat([this.#block(this.#header), bytes.subarray(end)])
    writeFileSync(this.path, this.#bytes)
  }

  /** Corrupts the file, calls `work` with its length and restores the file. */
  async corrupted(mutator: Mutator, work: (bytes: number) => Promise<void>): Promise<void> {
    const descriptor = openSync(this.path, 'r+')
    let length = this.#bytes.length
    const write = (bytes: Buffer, at: number) => writeSync(descriptor, bytes, 0, bytes.length, at)
    const way = mutator.below(10)
    let first = 0
    let last = this.#dataStart
    if (way < 7) {
      let header = this.#header
      for (let times = 1 + mutator.below(2); times > 0; times--) header = mutator.text(header)
      write(this.#block(header), 0)
    } else if (way < 9) {
      const number = mutator.pick(NUMBERS)
      first = this.#dataStart + mutator.below(length - this.#dataStart - 8)
      if (mutator.below(2) === 0) first = Math.min(this.#dataStart + mutator.below(200), length - 8)
      last = first + 8
      write(number, first - (first % number.length))
      first -= 8
    } else {
      length = mutator.below(2) === 0 ? mutator.below(length) : length + mutator.below(1000)
      ftruncateSync(descriptor, length)
      first = Math.min(length, this.#bytes.length)
      last = this.#bytes.length
    }
    try {
      await work(length)
    } finally {
      ftruncateSync(descriptor, this.#bytes.length)
      write(this.#bytes.subarray(first, last), first)
      closeSync(descriptor)
    }
  }

  #block(header: string): Buffer {
    const block = Buffer.alloc(this.#dataStart, ' ')
    block.writeBigUInt64LE(BigInt(this.#dataStart - 8))
    block.write(header, 8, 'latin1')
    return block
  }
}

const NUMBERS = [
  float32(Number.NaN),
  float32(Number.POSITIVE_INFINITY),
  float32(-1),
  float32(1e-45),
  float32(65520),
  int64(-1n),
  int64(2n ** 53n),
  int64(3n),
]
