import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { Generator } from '../../lib/portable/node.js'
import { CorruptedState } from '../checkpoint/corrupted-state.js'
import { hostileHeader } from '../checkpoint/hostile-header.js'
import type { Mutator } from '../checkpoint/mutate.js'
import { readWhole, smallFiles } from '../checkpoint/small-files.js'
import { hasCode, type Kind } from './kind.js'

/** Milliseconds of the processor that a hostile header may take: it takes about 20. */
const MAX_MS = 1000

/** Reads a file with a hostile header. */
async function readHostile(mutator: Mutator, file: string): Promise<void> {
  const bytes = hostileHeader(mutator)
  writeFileSync(file, bytes)
  const before = process.cpuUsage()
  const reading: Promise<unknown> = mutator.below(2) === 0 ? readState(file) : Generator.load(bytes)
  const outcome = await reading.then(
    () => new Error('A hostile header is accepted'),
    error => error,
  )
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000
  throw ms > MAX_MS ? new Error(`A header of ${bytes.length} bytes takes ${ms} ms`) : outcome
}

/** Whole states as the portable generator reads them: as a path or as bytes. */
export function portableFiles(folder: string): Kind {
  const half = new CorruptedState(folder, 'half')
  const file = join(folder, 'portable')
  return {
    async run(mutator) {
      if (mutator.below(8) === 0) return readHostile(mutator, file)
      await half.corrupted(mutator, async () => {
        const source = mutator.below(2) === 0 ? half.path : readFileSync(half.path)
        await (await Generator.load(source)).dispose()
      })
    },
    isRefusal: error => hasCode(error, 'ERR_DCGAN_BAD_CHECKPOINT'),
  }
}

/** State files: an eighth of them whole states of megabytes, the others containers of a few tensors. */
export function stateFiles(folder: string): Kind {
  const small = smallFiles()
  const container = join(folder, 'container')
  const half = new CorruptedState(folder, 'half')
  const states = [half, half, half, new CorruptedState(folder, 'full')]
  return {
    async run(mutator) {
      const way = mutator.below(16)
      if (way === 0) return readHostile(mutator, container)
      if (way < 14) {
        const bytes = mutator.file(mutator.pick(small), small)
        writeFileSync(container, bytes)
        return readWhole(container, bytes)
      }
      const file = mutator.pick(states)
      await file.corrupted(mutator, async () => {
        const { state } = await readState(file.path)
        for (const { name, dtype, data } of state.tensors) {
          if (dtype === 'F32' && !new Float32Array(data).every(Number.isFinite)) throw new Error(name)
        }
      })
    },
    isRefusal: error => hasCode(error, 'ERR_DCGAN_BAD_CHECKPOINT'),
  }
}
