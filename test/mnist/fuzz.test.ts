import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DcganError } from '../../lib/errors'
import { loadMnist } from '../../lib/mnist/index'
import { folderWith, imagesFile, labelsFile } from './idxFiles'

/** `DCGAN_FUZZ=100000 npx jest test/mnist/fuzz` for a long run, `DCGAN_FUZZ_SEED` to repeat one. */
const RUNS = Number(process.env.DCGAN_FUZZ ?? 3000)
const SEED = Number(process.env.DCGAN_FUZZ_SEED ?? 1)
const COUNT = 5

const IMAGES = 'train-images-idx3-ubyte'
const LABELS = 'train-labels-idx1-ubyte'

type Random = (below: number) => number

/** mulberry32 */
function random(seed: number): Random {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % below
  }
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff]

const MUTATIONS: ((bytes: Buffer, next: Random) => Buffer)[] = [
  (bytes, next) => flip(bytes, next(bytes.length), 1 << next(8)),
  // The header is where it hurts most.
  (bytes, next) => flip(bytes, next(Math.min(32, bytes.length)), 1 + next(255)),
  (bytes, next) => {
    const at = next(Math.min(32, bytes.length))
    bytes[at] = INTERESTING[next(INTERESTING.length)] as number
    return bytes
  },
  (bytes, next) => bytes.subarray(0, next(bytes.length + 1)),
  (bytes, next) => bytes.subarray(next(bytes.length)),
  (bytes, next) => Buffer.concat([bytes, Buffer.alloc(1 + next(4000), next(256))]),
  (bytes, next) => {
    const [from, length] = [next(bytes.length), next(64)]
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)])
  },
  (bytes, next) => {
    const [from, to] = [next(bytes.length), next(bytes.length)]
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  (bytes, next) => {
    if (bytes.length >= 8) bytes.writeUInt32BE(next(2 ** 32), 4)
    return bytes
  },
]

function flip(bytes: Buffer, at: number, mask: number): Buffer {
  if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ mask
  return bytes
}

function mutate(bytes: Buffer, next: Random): Buffer {
  let mutated: Buffer = Buffer.from(bytes)
  for (let i = 0; i <= next(3) && mutated.length > 0; i++) {
    mutated = (MUTATIONS[next(MUTATIONS.length)] as (typeof MUTATIONS)[number])(mutated, next)
  }
  return mutated
}

test(
  `${RUNS} mutated data sets: none crashes, hangs, or takes more memory than it should`,
  async () => {
    const seeds = {
      [IMAGES]: [imagesFile(COUNT), gzipSync(imagesFile(COUNT)), gzipSync(imagesFile(COUNT), { level: 0 })],
      [LABELS]: [labelsFile(COUNT), gzipSync(labelsFile(COUNT))],
    }
    const folder = await folderWith({ [IMAGES]: imagesFile(COUNT), [LABELS]: labelsFile(COUNT) })
    const next = random(SEED)
    const outcomes = { loaded: 0, refused: 0 }
    try {
      for (let run = 0; run < RUNS; run++) {
        const name = next(4) === 0 ? LABELS : IMAGES
        const kind = seeds[name] as Buffer[]
        // Zipped after the mutation as well: then the checksum holds, and the contents are wrong.
        const inside = next(3) === 0
        const file = inside
          ? gzipSync(mutate(kind[0] as Buffer, next))
          : mutate(kind[next(kind.length)] as Buffer, next)
        await writeFile(join(folder, name), file)

        const before = process.memoryUsage().arrayBuffers
        const started = performance.now()
        const outcome = await loadMnist(folder).catch(error => error)
        const [took, grew] = [performance.now() - started, process.memoryUsage().arrayBuffers - before]

        const context = `run ${run} of seed ${SEED}`
        if (outcome instanceof DcganError) {
          outcomes.refused++
          expect([context, outcome.code]).toEqual([context, 'ERR_DCGAN_BAD_DATASET'])
          expect(outcome.message).toContain(join(folder, name))
        } else {
          outcomes.loaded++
          expect([context, outcome.count, outcome.images.length]).toEqual([context, COUNT, COUNT * 784])
          expect(outcome.labels).toHaveLength(COUNT)
        }
        // The rest is what two unpackers need, whatever they unpack.
        if (grew > 8 * file.length + 2 ** 18) throw new Error(`${context}: ${grew} bytes for ${file.length}`)
        if (took > 30_000) throw new Error(`${context}: ${took} ms`)
        await writeFile(join(folder, name), kind[0] as Buffer)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
    // A fuzzer whose files are all refused at the door, or all let in, tests nothing.
    expect(outcomes.refused).toBeGreaterThan(RUNS / 2)
    expect(outcomes.loaded).toBeGreaterThan(RUNS / 100)
  },
  60_000 + RUNS * 20,
)
