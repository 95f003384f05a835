import { writeFileSync } from 'node:fs'
import type { Mutator } from '../mutator.js'

/** How often each outcome came of a run. */
export type Outcomes = Record<string, number>

/** Something to try at random. */
export interface Kind {
  /** Rejects with what must not happen. */
  run(mutator: Mutator): Promise<Outcomes>
}

/** A kind of file, and the part of the library that reads it. */
export interface Files {
  /** Corrupts a file. */
  make(mutator: Mutator): { path: string; bytes: Buffer }
  /** Reads it. Rejects as the reader does, or where the reader believed what it should not. */
  read(path: string, bytes: Buffer, mutator: Mutator): Promise<unknown>
  /** The codes with which the reader may refuse a file. */
  codes: string[]
  /** The memory that the reader may take, besides eight times the file: a mebibyte unless this says otherwise. */
  memory?: number
}

/** The growth of the process's peak memory that one file may cause, in bytes. */
const MAX_GROWTH = 256 * 2 ** 20

/** Corrupts files of a kind, and has them read: each is accepted, or refused as the library documents. */
export function files({ make, read, codes, memory = 2 ** 20 }: Files): Kind {
  const peak = () => process.resourceUsage().maxRSS * 1024
  return {
    async run(mutator) {
      const { path, bytes } = make(mutator)
      writeFileSync(path, bytes)
      const before = { peak: peak(), buffers: process.memoryUsage().arrayBuffers }
      const outcome = await read(path, bytes, mutator).then(
        () => 'accepted',
        error => {
          if (!codes.includes(error?.code)) throw error
          return `refused: ${summary(error.message)}`
        },
      )
      const grown = process.memoryUsage().arrayBuffers - before.buffers
      if (grown > 8 * bytes.length + memory) throw new Error(`${grown} bytes of buffers for ${bytes.length}`)
      if (peak() > before.peak + MAX_GROWTH) throw new Error(`${peak() - before.peak} bytes more`)
      return { [outcome]: 1 }
    },
  }
}

/** A message without its paths, names and numbers. */
function summary(message: string): string {
  const plain = message.replace(/^Cannot load \S+: /, '').replace(/".*?"|\/\S+|[\d[\],×]+/g, '·')
  return plain.slice(0, 40).trim()
}
