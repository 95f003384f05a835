import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { readWhole, smallFiles } from '../checkpoint/small-files.js'
import { SpoiltState } from '../checkpoint/spoilt-state.js'
import { hasCode, type Kind } from './kind.js'

/** State files: an eighth of them whole states of megabytes, the others containers of a few tensors. */
export function stateFiles(folder: string): Kind {
  const small = smallFiles()
  const container = join(folder, 'container')
  const half = new SpoiltState(folder, 'half')
  const states = [half, half, half, new SpoiltState(folder, 'full')]
  return {
    async run(mutator) {
      if (mutator.below(8) > 0) {
        const bytes = mutator.file(mutator.pick(small), small)
        writeFileSync(container, bytes)
        return readWhole(container, bytes)
      }
      const file = mutator.pick(states)
      await file.spoilt(mutator, async () => {
        const { state } = await readState(file.path)
        for (const { name, dtype, data } of state.tensors) {
          if (dtype === 'F32' && !new Float32Array(data).every(Number.isFinite)) throw new Error(name)
        }
      })
    },
    isRefusal: error => hasCode(error, 'ERR_DCGAN_BAD_CHECKPOINT'),
  }
}
