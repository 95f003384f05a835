import { loadMnist } from '../datasets/index.js'
import type { HyperParams } from '../hyperparams.js'
import { Engine } from '../native/engine.js'
import type { NativeState, NativeTensor } from '../native/types.js'

/** Steps that the discriminator learns from digits, while the generator stays as it is. */
const STEPS = 300
const GENERATOR = 'generator.'
const AVERAGE = 'average.generator.'
/** The order of the images in the epoch that these steps begin, which is not continued. */
const PERMUTATION = 'epoch.permutation'

/**
 * Makes the state of a whole model from a generator of digits. Its discriminator learns from MNIST with the generator
 * fixed: a discriminator that knows nothing would first destroy what the generator knows. The model stands at step 0.
 */
export async function makeTrainable(
  generator: NativeState,
  hparams: Readonly<HyperParams>,
  owner: object,
): Promise<NativeState> {
  const engine = new Engine({ ...hparams, genLr: 0 }, owner, 'training')
  try {
    const start = { step: 0, epoch: 0, batch: 0, datasetCount: 0, datasetHash: '' }
    await engine.importState({ ...start, tensors: generator.tensors })
    await engine.setDataset(await loadMnist())
    await engine.trainEpoch({ snapshotEvery: 0, checkpointEvery: 0, maxSteps: STEPS }, () => {})
    const { tensors } = await engine.exportState('all')
    const kept = tensors.filter(({ name }) => name !== PERMUTATION)
    return { ...start, tensors: kept.map(tensor => unchanged(tensor, generator.tensors)) }
  } finally {
    await engine.dispose()
  }
}

/** Returns the generator's own tensor in the place of one that training touched: its running statistics move. */
function unchanged(tensor: NativeTensor, generator: readonly NativeTensor[]): NativeTensor {
  const name = tensor.name.replace(AVERAGE, GENERATOR)
  const own = name.startsWith(GENERATOR) ? generator.find(each => each.name === name) : undefined
  return own === undefined ? tensor : { ...own, name: tensor.name }
}
