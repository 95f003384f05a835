import { join } from 'node:path'
import { readState } from '../../lib/checkpoint'
import { DCGAN, type EpochResult, loadMnist, type TrainingImages } from '../../lib/index'
import { kept, TINY } from '../support/dcgan'
import { folder } from '../support/folder'
import { ARITHMETICS, computeIn } from './arithmetic'

const weights = async (gan: DCGAN, file: string): Promise<Buffer[]> => {
  await gan.save(file)
  return (await readState(file)).state.tensors.map(({ data }) => Buffer.from(data))
}

const losses = (epochs: readonly EpochResult[]): number[] =>
  epochs.flatMap(({ discLosses, genLosses }) => [...discLosses, ...genLosses])

describe.each(ARITHMETICS)('three epochs of five steps in %s', arithmetic => {
  const precision = computeIn(arithmetic)
  // Products in plain C++ are slow.
  const batchSize = arithmetic === 'plain-bfloat16' ? 4 : 32
  const count = 5 * batchSize

  test('a run that was stopped in the second, saved, loaded and finished equals one that was not stopped', async () => {
    const mnist = await loadMnist()
    const dataset: TrainingImages = { ...mnist, images: mnist.images.subarray(0, count * 784), count }
    delete dataset.labels
    const hparams = { precision, batchSize, seed: 21, epochs: 3, device: 'cpu' } as const
    const straight = kept(new DCGAN(hparams))
    const whole = await straight.train({ dataset, outputDir: null })
    expect(whole).toMatchObject({ step: 15, epoch: 3 })

    const stopped = kept(new DCGAN(hparams))
    // Not by a signal: when it takes effect depends on the machine's speed.
    await stopped.train({ dataset, outputDir: null, maxSteps: 7 })
    const file = join(folder(), 'stopped.safetensors')
    await stopped.save(file)
    await stopped.dispose()

    const resumed = kept(await DCGAN.load(file))
    const rest = await resumed.train({ dataset, outputDir: null })
    expect(resumed).toMatchObject({ step: 15, epoch: 3 })
    expect(losses(rest.epochs.slice(-1))).toEqual(losses(whole.epochs.slice(-1)))
    const second = whole.epochs[1] as EpochResult
    expect(rest.epochs[0]?.discLosses).toEqual(second.discLosses.subarray(2))
    expect(rest.epochs[0]?.genLosses).toEqual(second.genLosses.subarray(2))
    const ends = [await weights(straight, file), await weights(resumed, file)] as const
    expect(ends[1].every((tensor, i) => tensor.equals(ends[0][i] as Buffer))).toBe(true)
  })
})

const few = { images: new Uint8Array(4 * 784), count: 4, width: 28, height: 28 }

test('train() of a loaded model that has all its epochs says that nothing is left, and how to train on', async () => {
  const file = join(folder(), 'model.safetensors')
  const gan = kept(new DCGAN({ ...TINY, epochs: 1 }))
  await gan.train({ dataset: few, outputDir: null })
  await gan.save(file)
  const loaded = kept(await DCGAN.load(file))
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  expect((await loaded.train({ dataset: few })).epochs).toEqual([])
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /its one epoch, so there is nothing left to train\..*DCGAN\.load\(file, \{ epochs: 11 \}\)/,
      ),
      { code: 'DCGAN_NOTHING_LEFT' },
    ],
  ])
  const more = kept(await DCGAN.load(file, { epochs: 2 }))
  expect((await more.train({ dataset: few, outputDir: null })).epochs).toHaveLength(1)
})
