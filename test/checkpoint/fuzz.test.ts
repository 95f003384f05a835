import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { DcganError } from '../../lib/errors.js'
import { allocatedBytes } from './allocations.js'
import { CorruptedState } from './corrupted-state.js'
import { Mutator } from './mutate.js'
import { readWhole, smallFiles } from './small-files.js'
import { temporaryFolder } from './states.js'

const [COUNT, STATES] = process.env.DCGAN_LONG_TESTS === undefined ? [1000, 100] : [3000, 300]
const SEED = 1
const folder = temporaryFolder()

/** Counts the outcomes of reading mutated files. */
class Outcomes {
  readonly #kinds = new Map<string, number>()
  #slowest = 0

  /** Reads a mutated file; anything but a state or the one right error is thrown on with the mutation's number. */
  async read(number: number, fileBytes: number, work: () => Promise<void>): Promise<void> {
    const start = performance.now()
    let kind = 'accepted'
    const allocated = await allocatedBytes(async () => {
      try {
        await work()
      } catch (error) {
        if (!(error instanceof DcganError) || error.code !== 'ERR_DCGAN_BAD_CHECKPOINT') {
          throw new Error(`mutation ${number} of seed ${SEED}`, { cause: error })
        }
        kind = error.message
          .replace(/^Cannot load \S+: /, '')
          .replace(/".*?"|[\d[\],]+/g, '·')
          .slice(0, 40)
      }
    })
    this.#slowest = Math.max(this.#slowest, performance.now() - start)
    // Twice for half precision, once more for reading it in pieces, and the pieces.
    if (allocated > 3 * fileBytes + (1 << 20))
      throw new Error(`mutation ${number}: ${allocated} bytes for ${fileBytes}`)
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
  }

  get kinds(): ReadonlyMap<string, number> {
    return this.#kinds
  }

  get slowest(): number {
    return this.#slowest
  }
}

it(`survives ${COUNT} mutated containers`, async () => {
  const mutator = new Mutator(SEED)
  const outcomes = new Outcomes()
  const seeds = smallFiles()
  const file = join(folder, 'container')
  for (let i = 0; i < COUNT; i++) {
    const bytes = mutator.file(mutator.pick(seeds), seeds)
    writeFileSync(file, bytes)
    await outcomes.read(i, bytes.length, () => readWhole(file, bytes))
  }
  expect(outcomes.kinds.size).toBeGreaterThan(12)
  expect(outcomes.kinds.get('accepted')).toBeGreaterThan(COUNT / 100)
  expect(outcomes.slowest).toBeLessThan(20_000)
}, 3_600_000)

it(`survives ${STATES} mutated states`, async () => {
  const mutator = new Mutator(SEED)
  const outcomes = new Outcomes()
  const files = [
    new CorruptedState(folder, 'half'),
    new CorruptedState(folder, 'half'),
    new CorruptedState(folder, 'half'),
    new CorruptedState(folder, 'full'),
  ]
  for (let i = 0; i < STATES; i++) {
    const file = mutator.pick(files)
    await file.corrupted(mutator, bytes =>
      outcomes.read(i, bytes, async () => {
        const { state } = await readState(file.path)
        for (const { name, dtype, data } of state.tensors) {
          if (dtype !== 'F32') continue
          const least = /running_var|exp_avg_sq/.test(name) ? 0 : -Infinity
          if (!new Float32Array(data).every(value => value - value === 0 && value >= least))
            throw new Error(name)
        }
      }),
    )
  }
  expect(outcomes.kinds.size).toBeGreaterThan(12)
  expect(outcomes.slowest).toBeLessThan(60_000)
}, 7_200_000)
