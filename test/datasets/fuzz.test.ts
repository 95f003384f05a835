import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { loadMnist } from '../../lib/datasets/index'
import { DcganError } from '../../lib/errors'
import { Mutator } from '../checkpoint/mutate'
import { corrupted } from '../fuzz/bytes'
import { folderWith, imagesFile, labelsFile } from './idxFiles'

const RUNS = process.env.DCGAN_LONG_TESTS === undefined ? 300 : 3000
const SEED = 1
const COUNT = 5

const IMAGES = 'train-images-idx3-ubyte'
const LABELS = 'train-labels-idx1-ubyte'

test(
  `${RUNS} mutated data sets: none crashes, hangs, or takes more memory than it should`,
  async () => {
    const seeds = {
      [IMAGES]: [imagesFile(COUNT), gzipSync(imagesFile(COUNT)), gzipSync(imagesFile(COUNT), { level: 0 })],
      [LABELS]: [labelsFile(COUNT), gzipSync(labelsFile(COUNT))],
    }
    const folder = await folderWith({ [IMAGES]: imagesFile(COUNT), [LABELS]: labelsFile(COUNT) })
    const mutator = new Mutator(SEED)
    const outcomes = { loaded: 0, refused: 0 }
    try {
      for (let run = 0; run < RUNS; run++) {
        const name = mutator.below(4) === 0 ? LABELS : IMAGES
        const kind = seeds[name] as Buffer[]
        // Zipped after the mutation as well: then the checksum holds, and the contents are wrong.
        const inside = mutator.below(3) === 0
        const file = inside
          ? gzipSync(corrupted(kind[0] as Buffer, mutator))
          : corrupted(mutator.pick(kind), mutator)
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
