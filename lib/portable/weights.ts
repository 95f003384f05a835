import { readStateFrom } from '../checkpoint/read.js'
import { DEFAULTS } from '../hyperparams.js'
import { type FoldedGenerator, fold } from '../onnx/fold.js'
import type { ByteReader } from '../source.js'

const PREFIX = 'generator.'

/**
 * Reads a generator from a file that `save(file, { only: 'generator' })` wrote. Checks everything in it, and closes it.
 *
 * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT`, `ERR_DCGAN_IO`
 */
export async function readGenerator(reader: ByteReader): Promise<FoldedGenerator> {
  try {
    const { hparams, state } = await readStateFrom(reader, 'generator')
    const tensors = state.tensors
      .filter(({ dtype }) => dtype === 'F32')
      .map(({ name, data }) => [name.slice(PREFIX.length), new Float32Array(data)] as const)
    const { latentDim, classes = DEFAULTS.classes } = hparams
    return fold(new Map(tensors), latentDim, classes)
  } finally {
    await reader.close()
  }
}
