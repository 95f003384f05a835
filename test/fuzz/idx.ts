import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { loadMnist } from '../../lib/datasets/index.js'
import { imagesFile, labelsFile } from '../datasets/idxFiles.js'
import { corrupted } from './bytes.js'
import { hasCode, type Kind } from './kind.js'

const COUNT = 5
const FILES = {
  'train-images-idx3-ubyte': imagesFile(COUNT),
  'train-labels-idx1-ubyte': labelsFile(COUNT),
}

/** The two files of a data set, of which one is corrupted. */
export function idxFiles(folder: string, { zipped }: { zipped: boolean }): Kind {
  const good = Object.entries(FILES).map(([name, plain]) => ({
    path: join(folder, name),
    plain,
    packed: [gzipSync(plain), gzipSync(plain, { level: 0 })],
  }))
  for (const { path, plain } of good) writeFileSync(path, plain)
  return {
    async run(mutator) {
      const { path, plain, packed } = mutator.pick(good)
      // Zipped after it is corrupted as well: then the checksum holds, and the contents are wrong.
      const inside = !zipped || mutator.below(3) === 0
      const bytes = inside ? corrupted(plain, mutator) : corrupted(mutator.pick(packed), mutator)
      writeFileSync(path, zipped && inside ? gzipSync(bytes) : bytes)
      try {
        const { count, images, labels } = await loadMnist(folder)
        if (images.length !== count * 784 || labels.length !== count) throw new Error(`${count} images`)
      } finally {
        writeFileSync(path, plain)
      }
    },
    isRefusal: error => hasCode(error, 'ERR_DCGAN_BAD_DATASET'),
  }
}
