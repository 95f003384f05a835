import { join } from 'node:path'
import { readState } from '../../lib/checkpoint'
import { DCGAN, type HyperParamOptions } from '../../lib/index'
import { bars, equal, kept, tiny } from '../support/dcgan'
import { folder } from '../support/folder'
import { ARITHMETICS, computeIn } from './arithmetic'

const AVERAGE = 'average.generator.'

async function tensors(file: string): Promise<Map<string, Float32Array>> {
  const { state } = await readState(file)
  return new Map(
    state.tensors
      .filter(({ dtype }) => dtype === 'F32')
      .map(({ name, data }) => [name, new Float32Array(data)]),
  )
}

const averagedNames = (all: Map<string, Float32Array>) =>
  [...all.keys()].filter(name => name.startsWith(AVERAGE)).map(name => name.slice(AVERAGE.length))

/** A model with an average, after epochs of one step each, and what it held after each of them. */
async function trained(steps: number, hparams: HyperParamOptions) {
  const gan = tiny({ genLr: 0.005, ...hparams })
  const file = join(folder(), 'model.safetensors')
  await gan.save(file)
  const history = [await tensors(file)]
  for (let step = 0; step < steps; step++) {
    await gan.trainEpoch(bars(4))
    await gan.save(file)
    history.push(await tensors(file))
  }
  return { gan, file, history, last: history.at(-1) as Map<string, Float32Array> }
}

describe.each(ARITHMETICS)('in %s', arithmetic => {
  const precision = computeIn(arithmetic)

  test('the average follows the generator with the decay that the docs give, its statistics too', async () => {
    const { history, last } = await trained(4, { emaDecay: 0.2, precision })
    const names = averagedNames(last)
    expect(names).toHaveLength(16)
    for (const name of names) {
      const mean = Float64Array.from(history[0]?.get(`generator.${name}`) as Float32Array)
      history.slice(1).forEach((state, step) => {
        const decay = Math.min(0.2, (1 + step) / (10 + step))
        state.get(`generator.${name}`)?.forEach((value, i) => {
          mean[i] = decay * (mean[i] as number) + (1 - decay) * value
        })
      })
      const error = last
        .get(AVERAGE + name)
        ?.reduce((most, x, i) => Math.max(most, Math.abs(x - (mean[i] as number))), 0)
      expect([name, error]).toEqual([name, expect.closeTo(0, 5)])
    }
    // Another decay would give another average: the check above would notice.
    const moved = last
      .get('generator.linear.weight')
      ?.some((x, i) => Math.abs(x - (last.get(`${AVERAGE}linear.weight`)?.[i] as number)) > 1e-4)
    expect(moved).toBe(true)
  })

  test('it has the counters of batches of the generator, which count each forward pass of training', async () => {
    const { file } = await trained(2, { emaDecay: 0.9, discSteps: 3, precision })
    const counters = (await readState(file)).state.tensors
      .filter(({ name }) => name.endsWith('num_batches_tracked'))
      .map(({ name, data }) => [name, new BigInt64Array(data)[0]])
    const prefixes = ['generator.', AVERAGE]
    expect(counters).toEqual(
      prefixes.flatMap(prefix => [1, 2, 3].map(i => [`${prefix}bn${i}.num_batches_tracked`, 6n])),
    )
  })

  test('training itself is the same with and without it', async () => {
    const plain = tiny({ precision })
    const averaged = tiny({ emaDecay: 0.99, precision })
    const [a, b] = [await plain.trainEpoch(bars(20)), await averaged.trainEpoch(bars(20))]
    expect(b.discLosses).toEqual(a.discLosses)
    expect(b.genLosses).toEqual(a.genLosses)
    const [x, y] = [await plain.sample(4, { seed: 1 }), await averaged.sample(4, { seed: 1 })]
    expect(equal(x.pixels, y.pixels)).toBe(false)
  })

  test('images and the saved generator are made with it', async () => {
    const { gan, file, last } = await trained(3, { emaDecay: 0.5, precision })
    await gan.save(file, { only: 'generator' })
    const saved = await tensors(file)
    const bytes = (values?: Float32Array) => Buffer.from(values?.buffer as ArrayBuffer)
    for (const name of averagedNames(last)) {
      const same = bytes(saved.get(`generator.${name}`)).equals(bytes(last.get(AVERAGE + name)))
      expect([name, same]).toEqual([name, true])
    }
    const served = kept(await DCGAN.load(file, { precision }))
    const [a, b] = [await gan.sample(4, { seed: 1 }), await served.sample(4, { seed: 1 })]
    expect(equal(a.pixels, b.pixels)).toBe(true)
  })

  test('a loaded model continues with its average exactly', async () => {
    const { gan, file } = await trained(2, { emaDecay: 0.9, precision })
    const again = kept(await DCGAN.load(file))
    for (const model of [gan, again]) await model.trainEpoch(bars(4))
    const [a, b] = [await gan.sample(4, { seed: 1 }), await again.sample(4, { seed: 1 })]
    expect(equal(a.pixels, b.pixels)).toBe(true)
  })

  test('load() can begin one at the weights as they stand, and leave one out', async () => {
    const plain = tiny({ precision })
    const file = join(folder(), 'model.safetensors')
    await plain.trainEpoch(bars(20))
    await plain.save(file)
    const begun = kept(await DCGAN.load(file, { emaDecay: 0.9 }))
    const [a, b] = [await plain.sample(4, { seed: 1 }), await begun.sample(4, { seed: 1 })]
    expect(equal(a.pixels, b.pixels)).toBe(true)

    await begun.trainEpoch(bars(20))
    await begun.save(file)
    await plain.trainEpoch(bars(20))
    const left = kept(await DCGAN.load(file, { emaDecay: 0 }))
    const [c, d] = [await plain.sample(4, { seed: 1 }), await left.sample(4, { seed: 1 })]
    expect(equal(c.pixels, d.pixels)).toBe(true)
  })
})
