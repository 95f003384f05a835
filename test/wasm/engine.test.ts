import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, type HyperParamOptions } from '../../lib/index'
import { bars, equal, kept, labelled, largestDifference, tiny } from '../support/dcgan'
import { code, failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'
import { setVariable } from '../support/variables'

const choose = (engine: string | undefined) => setVariable('LIBTORCH_DCGAN_ENGINE', engine)
beforeEach(() => choose('wasm'))

/** Calls `make` with the engine that this machine has by itself. */
async function natively<T>(make: () => T | Promise<T>): Promise<T> {
  choose(undefined)
  const made = await make()
  choose('wasm')
  return made
}

/** A model on both engines, and its file. */
async function both(hparams?: HyperParamOptions, overrides?: HyperParamOptions) {
  const native = await natively(() => tiny({ classes: 10, ...hparams }))
  await native.trainEpoch(labelled(16, 10))
  const file = join(folder(), 'model.safetensors')
  await native.save(file)
  return { native, file, wasm: kept(await DCGAN.load(file, overrides)) }
}

const pretrained = async (hparams?: HyperParamOptions) => kept(await DCGAN.pretrained(hparams))

test.each([
  ['a generator', { latentDim: 12 }],
  ['an average', { emaDecay: 0.9 }],
  ['a generator without classes', { classes: 0 }],
])('%s makes the images that it makes natively, within one grey level', async (_, hparams) => {
  const { native, wasm } = await both(hparams)
  expect([wasm.engine, wasm.device, wasm.precision]).toEqual(['wasm', 'cpu', 'float32'])
  expect([wasm.step, wasm.epoch]).toEqual([native.step, native.epoch])
  for (const options of [{ seed: 3 }, { seed: 2 ** 40 + 5 }, { seed: 1, truncation: 0.6 }]) {
    const [ours, theirs] = [await native.sample(11, options), await wasm.sample(11, options)]
    expect(theirs.labels).toEqual(ours.labels)
    expect(largestDifference(theirs.pixels, ours.pixels)).toBeLessThanOrEqual(1)
  }

  const [way, path] = [await native.interpolate(1, 2, 5), await wasm.interpolate(1, 2, 5)]
  expect(path.labels).toEqual(way.labels)
  expect(largestDifference(path.pixels, way.pixels)).toBeLessThanOrEqual(1)
})

test('saveGrid(), save() and exportOnnx() write the files that they write natively', async () => {
  const { native, wasm } = await both({ emaDecay: 0.5 })
  const out = folder()
  const write = async (gan: DCGAN, name: string) => {
    const path = (ending: string) => join(out, `${name}${ending}`)
    await gan.saveGrid(path('.png'))
    await gan.save(path('.safetensors'))
    await gan.save(path('-half.safetensors'), { only: 'generator', half: true })
    await gan.exportOnnx(path('.onnx'), { half: true })
    return ['.safetensors', '-half.safetensors', '.onnx', '.png'].map(ending => readFileSync(path(ending)))
  }
  const [ours, theirs] = [await write(native, 'native'), await write(wasm, 'wasm')]
  for (const i of [0, 1, 2]) expect(equal(ours[i] as Buffer, theirs[i] as Buffer)).toBe(true)
  const continued = await natively(async () => kept(await DCGAN.load(join(out, 'wasm.safetensors'))))
  const labels = Uint8Array.from({ length: 16 }, (_, i) => i % 10)
  const [mine, others] = await natively(() =>
    Promise.all([native, continued].map(gan => gan.trainEpoch({ ...bars(16), labels }))),
  )
  expect(mine?.discLosses).toEqual(others?.discLosses)
})

test('load() turns averages on and off as the native engine does', async () => {
  for (const [before, after] of [
    [0.9, 0],
    [0, 0.9],
  ]) {
    const { file, wasm } = await both({ emaDecay: before }, { emaDecay: after })
    const native = await natively(async () =>
      kept(await DCGAN.load(file, { emaDecay: after, device: 'cpu' })),
    )
    const [ours, theirs] = [await native.sample(4, { seed: 1 }), await wasm.sample(4, { seed: 1 })]
    expect(largestDifference(theirs.pixels, ours.pixels)).toBeLessThanOrEqual(1)
    const saved = join(folder(), 'again.safetensors')
    await wasm.save(saved)
    expect((await natively(async () => kept(await DCGAN.load(saved)))).hparams.emaDecay).toBe(after)
  }
})

test('the fixed images of a generator alone come from its seed', async () => {
  const native = await natively(() => pretrained({ device: 'cpu', outputDim: 3 }))
  const wasm = await pretrained({ outputDim: 3, seed: native.hparams.seed })
  const out = folder()
  await native.saveGrid(join(out, 'native.png'))
  await wasm.saveGrid(join(out, 'wasm.png'))
  expect(readFileSync(join(out, 'wasm.png')).length).toBeGreaterThan(500)
  expect(equal(readFileSync(join(out, 'wasm.png')), readFileSync(join(out, 'native.png')))).toBe(true)
})

test('minConfidence draws the candidates of the native engine', async () => {
  const native = await natively(() => pretrained({ device: 'cpu' }))
  const wasm = await pretrained()
  for (const options of [
    { seed: 5, minConfidence: 0.999 },
    { seed: 8, minConfidence: 1, labels: 3 },
  ]) {
    const [ours, theirs, alone] = await Promise.all([
      native.sample(12, options),
      wasm.sample(12, options),
      wasm.sample(2, options),
      wasm.sample(7, { seed: 1 }),
    ])
    expect(largestDifference(theirs.pixels, ours.pixels)).toBeLessThanOrEqual(1)
    expect(largestDifference(theirs.confidences, ours.confidences)).toBeLessThan(1e-5)
    expect(equal(theirs.pixels.subarray(0, 2 * 784), alone.pixels)).toBe(true)
  }
  expect(wasm.stats.waiting).toBe(0)
})

describe('the queue', () => {
  test('serves requests in their order, in forward passes that they share', async () => {
    const gan = await pretrained({ maxBatch: 3 })
    const order: number[] = []
    const sampled = [2, 5, 1].map(async (count, i) => {
      const { pixels } = await gan.sample(count, { seed: i })
      order.push(i)
      return pixels
    })
    expect(gan.stats).toEqual({ waiting: 8, served: 0, forwards: 0, lastBatch: 0 })
    const pixels = await Promise.all(sampled)
    expect(order).toEqual([0, 1, 2])
    expect(gan.stats).toEqual({ waiting: 0, served: 8, forwards: 3, lastBatch: 2 })
    const alone = await gan.sample(5, { seed: 1 })
    expect(equal(alone.pixels, pixels[1] as Uint8Array)).toBe(true)
  })

  test('refuses a request with which too many images would wait', async () => {
    const gan = await pretrained({ maxQueue: 10, outputDim: 3 })
    const waiting = gan.sample(8)
    const grid = gan.saveGrid(join(folder(), 'grid.png'))
    await refused(gan.sample(3), 'ERR_DCGAN_OVERLOADED', /^17 images wait already, and maxQueue is 10/)
    expect((await waiting).count).toBe(8)
    await grid
    expect((await gan.sample(10)).count).toBe(10)
    await refused(gan.sample(11), 'ERR_DCGAN_OVERLOADED')
  })

  test('lets other events have their turn, and forgets a request that is aborted', async () => {
    const gan = await pretrained({ maxQueue: 100_000 })
    const controller = new AbortController()
    const aborted = failure(gan.sample(100_000, { signal: controller.signal }))
    while (gan.stats.served === 0) await new Promise(setImmediate)
    controller.abort(new Error('enough'))
    expect((await aborted).message).toBe('enough')
    expect(gan.stats.waiting).toBe(0)
    expect((await gan.sample(3)).count).toBe(3)
    expect(gan.stats.served).toBeLessThan(50_000)
  })

  test('rejects all requests that wait when the model is disposed of', async () => {
    const gan = await pretrained()
    const waiting = [gan.sample(1000), gan.sample(1)].map(failure)
    await gan.dispose()
    await gan.dispose()
    const errors = [...(await Promise.all(waiting)), await failure(gan.sample())]
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('ERR_DCGAN_DISPOSED'))
    expect(gan.stats.waiting).toBe(0)
  })
})

test('a model that was trained in bfloat16 or by LibTorch alone samples in float32', async () => {
  const plain = await pretrained()
  const gan = await pretrained({ precision: 'bfloat16', kernels: 'plain' })
  expect([gan.engine, gan.precision]).toEqual(['wasm', 'float32'])
  const [ours, theirs] = [await plain.sample(2, { seed: 1 }), await gan.sample(2, { seed: 1 })]
  expect(equal(ours.pixels, theirs.pixels)).toBe(true)
  await refused(pretrained({ device: 'cuda' }), 'ERR_DCGAN_NATIVE_NOT_FOUND')
})

test('a call that trains names the platforms that train', async () => {
  const { wasm } = await both({ classes: 0 })
  const only = code(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    /WebAssembly.*only samples.*Linux with glibc 2\.28 or newer.*npx libtorch-dcgan setup/,
  )
  expect(await failure(wasm.train({ dataset: bars(16), outputDir: null }))).toEqual(only)
  expect(await failure(wasm.trainEpoch(bars(16)))).toEqual(only)
  expect(await failure(wasm.evaluate({ count: 10 }))).toEqual(only)
  expect(() => new DCGAN()).toThrow(only)
})

test('another name of an engine is refused', async () => {
  choose('cuda')
  await invalid(DCGAN.pretrained(), /'wasm' or nothing for the environment variable LIBTORCH_DCGAN_ENGINE/)
})
