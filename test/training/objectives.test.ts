import { join } from 'node:path'
import { DCGAN, type HyperParams } from '../../lib/index'
import { bars, kept, labelled, tiny } from '../support/dcgan'
import { invalid } from '../support/failure'
import { folder } from '../support/folder'

/** Images of two classes. */
const striped = labelled(16, 2)

const losses = async (hparams: Partial<HyperParams>, epochs = 1) => {
  const gan = tiny(hparams)
  const all = []
  for (let epoch = 0; epoch < epochs; epoch++) all.push(await gan.trainEpoch(striped))
  return all
}

const OPTIONS: Partial<HyperParams>[] = [
  { loss: 'relativistic' },
  { r1: 1 },
  { r2: 1 },
  { labelSmoothing: 0.1 },
  { discSteps: 2 },
  { classes: 2, mismatch: 0.5 },
  { classes: 3, kernels: 'plain' },
  { loss: 'relativistic', r1: [2, 1], r2: [2, 1], dropout: 0.1, discSteps: 2, emaDecay: 0.9 },
  { classes: 3, r1: 1, mismatch: [0.5, 0.2], discSteps: 2 },
]

test.each(OPTIONS)(
  'a run with %j continues bit for bit after its state was saved and loaded',
  async hparams => {
    const file = join(folder(), 'state.safetensors')
    const [straight, early] = [tiny(hparams), tiny(hparams)]
    await straight.trainEpoch(striped)
    await early.trainEpoch(striped)
    await early.save(file)
    const late = kept(await DCGAN.load(file))
    expect(late.hparams).toEqual(straight.hparams)
    const [a, b] = [await straight.trainEpoch(striped), await late.trainEpoch(striped)]
    expect([b.discLosses, b.genLosses]).toEqual([a.discLosses, a.genLosses])
    expect((await late.sample(2, { seed: 3 })).pixels).toEqual((await straight.sample(2, { seed: 3 })).pixels)
  },
)

test.each(OPTIONS)(
  '%j trains otherwise than the defaults, and alike in both kinds of step',
  async hparams => {
    const [[plainly], [ours], [theirs]] = await Promise.all([
      losses({}),
      losses(hparams),
      losses({ ...hparams, kernels: 'plain' }),
    ])
    expect(ours?.genLosses).not.toEqual(plainly?.genLosses)
    ours?.discLosses.forEach((loss, step) => {
      expect(loss).toBeCloseTo(theirs?.discLosses[step] as number, 3)
    })
  },
)

test('rates and penalties change between epochs, and the last of a list stays', async () => {
  const start = { classes: 3, discLr: 0.001, genLr: 0.0005, r1: 1, r2: 2, mismatch: 0.5 }
  const constant = await losses(start, 3)
  const lists = await losses(
    { ...start, discLr: [0.001], genLr: [0.0005, 0.0005], r1: [1, 1, 1], r2: [2, 2, 2, 0], mismatch: [0.5] },
    3,
  )
  expect(lists.map(each => each.genLosses)).toEqual(constant.map(each => each.genLosses))

  for (const change of [
    { discLr: [0.001, 0.002] },
    { genLr: [0.0005, 0.001] },
    { r1: [1, 9] },
    { r2: [2, 9] },
    { mismatch: [0.5, 0.9] },
    { mismatch: [0.5, 0] },
  ]) {
    const changed = await losses({ ...start, ...change }, 2)
    expect(changed[0]?.genLosses).toEqual(constant[0]?.genLosses)
    expect(changed[1]?.genLosses).not.toEqual(constant[1]?.genLosses)
  }
})

test('a loaded state takes the rates of the epoch where it stands', async () => {
  const file = join(folder(), 'state.safetensors')
  const discLr = [0.001, 0.0001, 0.01]
  const straight = tiny({ discLr })
  const epochs = [await straight.trainEpoch(striped), await straight.trainEpoch(striped)]
  await straight.save(file)
  epochs.push(await straight.trainEpoch(striped))
  const late = kept(await DCGAN.load(file))
  expect((await late.trainEpoch(striped)).genLosses).toEqual(epochs[2]?.genLosses)
})

test('lists are copied: what the caller does to them afterwards changes nothing', async () => {
  const discLr = [0.001, 0.0005]
  const gan = tiny({ discLr })
  discLr[1] = 0.9
  expect(gan.hparams.discLr).toEqual([0.001, 0.0005])
  expect(Object.isFrozen(gan.hparams.discLr)).toBe(true)
})

test.each<[Partial<Record<keyof HyperParams, unknown>>, RegExp]>([
  [{ loss: 'hinge' }, /'bce' or 'relativistic' for loss but received/],
  [{ r1: -1 }, /from 0 to 1000, or a list with one for each epoch, for r1 but received -1/],
  [{ r2: [1, Number.NaN] }, /for r2\[1\] but received NaN/],
  [{ discLr: [] }, /a list of 1 to 500 values for discLr/],
  [{ genLr: Array(501).fill(0.1) }, /a list of 1 to 500 values for genLr/],
  [{ genLr: [0.1, 2] }, /for genLr\[1\] but received 2/],
  [{ labelSmoothing: 1 }, /for labelSmoothing but received 1/],
  [{ discSteps: 0 }, /from 1 to 100 for discSteps but received 0/],
  [{ classes: 10, mismatch: -1 }, /from 0 to 1000, or a list with one for each epoch, for mismatch/],
  [
    { loss: 'relativistic', labelSmoothing: 0.1 },
    /0 for labelSmoothing but received 0\.1: the relativistic loss has no labels/,
  ],
])('%j is refused', async (hparams, message) => {
  await invalid((async () => tiny(hparams as Partial<HyperParams>))(), message)
})

test.each([0, 1])('mismatched labels have no effect with %i classes', async classes => {
  const [without, weighted] = [0, 0.5].map(mismatch => tiny({ classes, mismatch, seed: 3 }))
  const dataset = { ...bars(16), ...(classes > 0 && { labels: new Uint8Array(16) }) }
  const { discLoss } = await (without as DCGAN).trainEpoch(dataset)
  expect((await (weighted as DCGAN).trainEpoch(dataset)).discLoss).toBe(discLoss)
})
