import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint'
import { DCGAN, type HyperParamOptions } from '../../lib/index'
import { sampling, training } from '../../lib/native/engines'
import { bars, equal, kept, largestDifference, tiny } from '../support/dcgan'
import { code, failure, refused } from '../support/failure'
import { folder } from '../support/folder'
import { NATIVE_CONFIG } from '../support/native-config'

// A model that was loaded samples on the addon alone, and becomes one of LibTorch's when it first trains.

/** Saves a model after one epoch of four steps. */
async function saved(hparams?: HyperParamOptions): Promise<{ gan: DCGAN; file: string }> {
  const gan = tiny(hparams)
  await gan.trainEpoch(bars(16))
  const file = join(folder(), 'model.safetensors')
  await gan.save(file)
  return { gan, file }
}

const load = async (file: string, overrides?: HyperParamOptions) =>
  kept(await DCGAN.load(file, { threads: 1, ...overrides }))

describe.each([{}, { emaDecay: 0.9 }, { classes: 3, precision: 'auto' as const }])(
  'a loaded model with %j',
  own => {
    const labelled = (count: number) => {
      const set = bars(count)
      return own.classes === undefined
        ? set
        : { ...set, labels: Uint8Array.from({ length: count }, (_, i) => i % 3) }
    }

    test('keeps its digits and its state from engine to engine', async () => {
      const gan = tiny(own)
      await gan.trainEpoch(labelled(16))
      const file = join(folder(), 'model.safetensors')
      await gan.save(file)
      const loaded = await load(file)
      expect([gan.engine, loaded.engine, loaded.device, loaded.precision]).toEqual([
        'libtorch',
        'native',
        'cpu',
        'float32',
      ])
      expect([loaded.step, loaded.epoch]).toEqual([4, 1])
      const digits = await loaded.sample(9, { seed: 5 })
      expect(equal((await gan.sample(9, { seed: 5 })).pixels, digits.pixels)).toBe(true)
      const grid = join(folder(), 'grid.png')
      await loaded.saveGrid(grid)

      const copy = join(folder(), 'copy.safetensors')
      await loaded.save(copy)
      expect(equal(readFileSync(copy), readFileSync(file))).toBe(true)

      const stop = new AbortController()
      const stopped = loaded.trainEpoch(labelled(16), { signal: stop.signal })
      stop.abort(new Error('enough'))
      await expect(stopped).rejects.toThrow('enough')
      expect([loaded.engine, loaded.step]).toEqual(['libtorch', 4])
      const after = await loaded.sample(9, { seed: 5 })
      expect(largestDifference(after.pixels, digits.pixels)).toBeLessThanOrEqual(1)
      const again = join(folder(), 'again.png')
      await loaded.saveGrid(again)
      expect(equal(readFileSync(again), readFileSync(grid))).toBe(true)
      await loaded.save(copy)
      expect(equal(readFileSync(copy), readFileSync(file))).toBe(true)

      await Promise.all([gan.trainEpoch(labelled(16)), loaded.trainEpoch(labelled(16))])
      await Promise.all([gan.save(file), loaded.save(copy)])
      expect(equal(readFileSync(copy), readFileSync(file))).toBe(true)
    })
  },
)

test('requests are answered while a loaded model begins to train', async () => {
  const { file } = await saved()
  const gan = await load(file)
  const before = (await gan.sample(3, { seed: 5 })).pixels
  let done = false
  const trained = gan.trainEpoch(bars(16)).finally(() => {
    done = true
  })
  const waiting = Array.from({ length: 20 }, () => gan.sample(3, { seed: 5 }))
  while (!done) {
    waiting.push(gan.sample(3, { seed: 5 }))
    await gan.sample(1, { seed: 6 })
  }
  expect((await trained).steps).toBe(4)
  const [first] = await Promise.all(waiting)
  expect(equal((first as { pixels: Uint8Array }).pixels, before)).toBe(true)
  expect(gan.stats.waiting).toBe(0)
})

test('a model gets the average of its hyper-parameters, whatever its file has', async () => {
  const { file } = await saved({ emaDecay: 0.5 })
  const plain = await load(file, { emaDecay: 0 })
  const copy = join(folder(), 'plain.safetensors')
  await plain.save(copy)
  const names = async (path: string) => (await readState(path)).state.tensors.map(({ name }) => name)
  expect((await names(copy)).filter(name => name.startsWith('average.'))).toEqual([])
  const averaged = await load(copy, { emaDecay: 0.5 })
  expect((await averaged.sample(4, { seed: 1 })).pixels).toEqual((await plain.sample(4, { seed: 1 })).pixels)
  await averaged.save(copy)
  expect((await names(copy)).filter(name => name.startsWith('average.'))).not.toEqual([])
})

test.each([{ precision: 'bfloat16' as const }, { kernels: 'plain' as const }])(
  'a model that is loaded with %j is LibTorch’s from the beginning',
  async overrides => {
    const { file } = await saved()
    expect((await load(file, overrides)).engine).toBe('libtorch')
  },
)

test('evaluate() leaves the engine as it is', async () => {
  const gan = kept(await DCGAN.pretrained({ threads: 1 }))
  const dataset = { ...bars(40), labels: new Uint8Array(40) }
  const { frechetDistance } = await gan.evaluate({ count: 20, dataset })
  expect(frechetDistance).toBeGreaterThan(0)
  expect(gan.engine).toBe('native')
})

test('a state that does not fit changes nothing', async () => {
  const { file } = await saved()
  const { state } = await readState(file)
  const { engine } = sampling()
  const config = { ...NATIVE_CONFIG, engine: 'native' as const, latentDim: 8 }
  const model = engine.create(config)
  const request = {
    count: 2,
    seed: 1,
    first: 0,
    latents: null,
    fixed: false,
    labels: undefined,
    minConfidence: undefined,
    truncation: 1,
  }
  const sample = async () => new Uint8Array((await engine.sample(model, request).promise).pixels)
  await refused(sample(), 'ERR_DCGAN_NATIVE')
  await engine.importState(model, state)
  const digits = await sample()
  const misshapen = state.tensors.map(tensor =>
    tensor.name === 'generator.conv3.weight' ? { ...tensor, shape: [1024, 1, 1, 1] } : tensor,
  )
  await refused(
    engine.importState(model, { ...state, step: 99, tensors: misshapen }),
    'ERR_DCGAN_BAD_CHECKPOINT',
  )
  expect(engine.position(model).step).toBe(4)
  expect(await sample()).toEqual(digits)
  await refused(
    training().trainEpoch(model, { snapshotEvery: 0, checkpointEvery: 0, maxSteps: 0 }, () => {}),
    'ERR_DCGAN_NATIVE',
  )
  await engine.dispose(model)
})

test('the tensors of a state that is no longer needed are freed when they are imported', async () => {
  const { file } = await saved()
  const { state } = await readState(file)
  const { engine } = sampling()
  const model = engine.create({ ...NATIVE_CONFIG, engine: 'native' as const, latentDim: 8 })
  const kept = structuredClone(state)
  await engine.importState(model, state, true)
  expect(state.tensors.map(({ data }) => data.byteLength)).toEqual(state.tensors.map(() => 0))
  expect((await engine.exportState(model, 'all')).tensors).toEqual(kept.tensors)
  await engine.dispose(model)
})

test('a loaded model is overloaded, aborted and disposed of as any other', async () => {
  const { file } = await saved()
  const gan = await load(file, { maxQueue: 300, maxBatch: 1 })
  const stop = new AbortController()
  const first = gan.sample(300, { seed: 1 })
  const aborted = failure(gan.sample(300, { seed: 2, signal: stop.signal }))
  expect(await aborted).toEqual(code('ERR_DCGAN_OVERLOADED', /maxQueue is 300/))
  expect((await first).count).toBe(300)
  const stopped = gan.sample(300, { seed: 2, signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(stopped).rejects.toThrow('enough')
  const last = failure(gan.sample(300, { seed: 3 }))
  await gan.dispose()
  expect(await last).toEqual(code('ERR_DCGAN_DISPOSED', /Make or load/))
  expect(gan.engine).toBe('native')
})
