import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Mutator } from '../checkpoint/mutate.js'
import { idxFiles } from './idx.js'
import type { Kind } from './kind.js'
import { pngFiles } from './png.js'
import { portableFiles, stateFiles } from './state.js'
import { zipFiles } from './zip.js'

/** A message of a child process to its parent. */
export type Message =
  /** A file is about to be read. */
  | { run: number }
  /** Something that must not come of any file. */
  | { run: number; finding: string }
  | { accepted: number; refused: number; slowest: number; peak: number }

const KINDS: Record<string, (folder: string) => Kind> = {
  state: stateFiles,
  portable: portableFiles,
  idx: folder => idxFiles(folder, { zipped: false }),
  'idx.gz': folder => idxFiles(folder, { zipped: true }),
  png: pngFiles,
  zip: zipFiles,
}

/** The growth of the process's peak memory that one file may cause, in bytes. */
const MAX_GROWTH = 256 * 2 ** 20

const tell = (message: Message) => process.send?.(message)
const peakBytes = () => process.resourceUsage().maxRSS * 1024

/** Reads the files from one number up to another, and says what came of them. */
async function main(name: string, seed: number, first: number, end: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-fuzz-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  let run = first
  const find = (finding: string) => tell({ run, finding: finding.slice(0, 1000) })
  process.on('unhandledRejection', reason => find(`unhandled rejection: ${inspect(reason)}`))
  process.on('uncaughtException', error => find(`uncaught exception: ${inspect(error)}`))

  const kind = KINDS[name]?.(folder) as Kind
  const outcome = { accepted: 0, refused: 0, slowest: 0, peak: peakBytes() }
  for (; run < end; run++) {
    tell({ run })
    const begin = performance.now()
    try {
      // A generator of its own for each file, so that any of them can be made again alone.
      await kind.run(new Mutator(Math.imul(seed, 0x9e3779b1) ^ run))
      outcome.accepted++
    } catch (error) {
      if (kind.isRefusal(error)) outcome.refused++
      else find(inspect(error))
    }
    outcome.slowest = Math.max(outcome.slowest, performance.now() - begin)
    const peak = peakBytes()
    if (peak > outcome.peak + MAX_GROWTH) find(`${Math.round((peak - outcome.peak) / 2 ** 20)} MiB more`)
    outcome.peak = Math.max(outcome.peak, peak)
    // Unhandled rejections are reported before the next file's number.
    await new Promise(setImmediate)
  }
  tell(outcome)
  process.disconnect()
}

const [name, ...numbers] = process.argv.slice(2) as [string, ...string[]]
const [seed, first, end] = numbers.map(Number) as [number, number, number]
void main(name, seed, first, end)
