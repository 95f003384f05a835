import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { loadMnist } from '../../../lib/datasets/index.js'
import { imagesFile, labelsFile } from '../../datasets/idxFiles.js'
import { files } from './kind.js'

const COUNT = 5

/** The two files of a data set, of which one is corrupted. */
export function idxFiles(folder: string, { zipped }: { zipped: boolean }) {
  const good = [
    { path: join(folder, 'train-images-idx3-ubyte'), plain: imagesFile(COUNT) },
    { path: join(folder, 'train-labels-idx1-ubyte'), plain: labelsFile(COUNT) },
  ].map(file => ({ ...file, packed: [gzipSync(file.plain), gzipSync(file.plain, { level: 0 })] }))
  return files({
    make(mutator) {
      for (const { path, plain } of good) writeFileSync(path, plain)
      const { path, plain, packed } = mutator.pick(good)
      if (!zipped) return { path, bytes: mutator.corrupted(plain) }
      // Zipped after it is corrupted as well: then the checksum holds, and the contents are wrong.
      const inside = mutator.below(3) === 0
      const bytes = inside ? gzipSync(mutator.corrupted(plain)) : mutator.corrupted(mutator.pick(packed))
      return { path, bytes }
    },
    async read() {
      const { count, images, labels } = await loadMnist(folder)
      if (count !== COUNT || images.length !== count * 784 || labels.length !== count)
        throw new Error(`${count} images`)
    },
    codes: ['ERR_DCGAN_BAD_DATASET'],
  })
}
