import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../../lib/checkpoint/index.js'
import { Generator } from '../../../lib/portable/node.js'
import { draftState, float32, int64, writeDraft } from '../../checkpoint/files.js'
import { type Mutator, WAYS, type Way } from '../mutator.js'
import { containers, readContainer } from './containers.js'
import { hostileHeader } from './hostile-header.js'
import { files } from './kind.js'

/** Milliseconds of the processor that a hostile header may take: it takes about 20. */
const MAX_MS = 1000

/** Rejects as a file with a hostile header is refused. It must be refused in time. */
async function refuses(bytes: Buffer, read: () => Promise<unknown>): Promise<never> {
  const before = process.cpuUsage()
  const outcome = await read().then(
    () => new Error('A hostile header is accepted'),
    error => error,
  )
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000
  throw ms > MAX_MS ? new Error(`A header of ${bytes.length} bytes takes ${ms} ms`) : outcome
}

/** Changes the header, and in most cases the length before it accordingly, so that more than the length is tested. */
const header: Way = (bytes, mutator) => {
  const length = bytes.length < 8 ? 0 : Math.min(Number(bytes.readBigUInt64LE()), bytes.length - 8)
  const text = Buffer.from(mutator.text(bytes.toString('latin1', 8, 8 + length)), 'latin1')
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(BigInt(mutator.below(10) === 0 ? length : text.length))
  return Buffer.concat([start, text, bytes.subarray(8 + length)])
}

/** Changes the length of the header. */
const length: Way = (bytes, mutator) => {
  if (bytes.length < 8) return bytes
  const small = BigInt(mutator.below(16))
  const now = bytes.readBigUInt64LE()
  const next = mutator.pick([now + small, now - small, 1n << BigInt(mutator.below(64)), BigInt(bytes.length)])
  bytes.writeBigUInt64LE(BigInt.asUintN(64, next))
  return bytes
}

const CONTAINER_WAYS = [...WAYS, length, ...Array<Way>(6).fill(header)]

const NUMBERS = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, -1, 1e-45, 65520].map(float32),
  ...[-1n, 2n ** 53n, 3n].map(int64),
]

/** Changes the header of a whole state, one of its numbers, or its length. */
function corruptedState(state: Buffer, mutator: Mutator): Buffer {
  const way = mutator.below(10)
  if (way < 7) return mutator.corrupted(state, [header])
  if (way === 9) return mutator.pick([WAYS[3], WAYS[5]] as Way[])(Buffer.from(state), mutator)
  const copy = Buffer.from(state)
  const number = mutator.pick(NUMBERS)
  const begin = 8 + Number(copy.readBigUInt64LE())
  // The tensors of a few numbers lie at the beginning.
  const at = begin + mutator.below(mutator.below(2) === 0 ? 200 : copy.length - begin - 8)
  number.copy(copy, at - ((at - begin) % number.length))
  return copy
}

/** The bytes of a state file. */
function stateOf(folder: string, kind: 'full' | 'half'): Buffer {
  const path = join(folder, kind)
  writeDraft(path, draftState(kind === 'full' ? 'full' : 'generator', { half: kind === 'half' }))
  return readFileSync(path)
}

/** Whole states as the portable generator reads them: as a path or as bytes. */
export function portableFiles(folder: string) {
  const half = stateOf(folder, 'half')
  let hostile = false
  return files({
    make(mutator) {
      hostile = mutator.below(8) === 0
      const bytes = hostile ? hostileHeader(mutator) : corruptedState(half, mutator)
      return { path: join(folder, 'portable'), bytes }
    },
    async read(path, bytes, mutator) {
      const load = () => Generator.load(mutator.below(2) === 0 ? path : bytes)
      if (hostile) return refuses(bytes, load)
      await (await load()).dispose()
    },
    codes: ['ERR_DCGAN_BAD_CHECKPOINT'],
    memory: 64 * 2 ** 20,
  })
}

/** State files: an eighth of them whole states of megabytes, the others containers of a few tensors. */
export function stateFiles(folder: string) {
  const small = containers()
  const half = stateOf(folder, 'half')
  const states = [half, half, half, stateOf(folder, 'full')]
  let way = 0
  return files({
    make(mutator) {
      way = mutator.below(16)
      let bytes: Buffer
      if (way === 0) bytes = hostileHeader(mutator)
      else if (way < 14) bytes = mutator.corrupted(mutator.pick(small), CONTAINER_WAYS)
      else bytes = corruptedState(mutator.pick(states), mutator)
      return { path: join(folder, 'state'), bytes }
    },
    async read(path, bytes) {
      if (way === 0) return refuses(bytes, () => readState(path))
      if (way < 14) return readContainer(path, bytes)
      const { state } = await readState(path)
      for (const { name, dtype, data } of state.tensors) {
        if (dtype !== 'F32') continue
        const least = /running_var|exp_avg_sq/.test(name) ? 0 : -Infinity
        if (!new Float32Array(data).every(value => value - value === 0 && value >= least))
          throw new Error(name)
      }
    },
    codes: ['ERR_DCGAN_BAD_CHECKPOINT'],
  })
}
