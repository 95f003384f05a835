import { join } from 'node:path'
import { DCGAN } from '../../lib/index'
import { training } from '../../lib/native/engines'
import type { NativeModel } from '../../lib/native/types'
import { bars, equal, kept, tiny } from '../support/dcgan'
import { failure } from '../support/failure'
import { folder } from '../support/folder'
import { NATIVE_CONFIG } from '../support/native-config'

test('dispose() rejects each of a hundred requests that wait', async () => {
  const gan = tiny({ maxBatch: 4 })
  // Keeps the model at work until all the others wait.
  const large = failure(gan.sample(3000))
  const waiting = Array.from({ length: 100 }, (_, seed) => failure(gan.sample(1, { seed })))
  expect(gan.stats.waiting).toBeGreaterThan(100)
  await gan.dispose()
  const codes = (await Promise.all([large, ...waiting])).map(({ code }) => code)
  expect(codes).toEqual(Array(101).fill('ERR_DCGAN_DISPOSED'))
})

test('an aborted request that had begun is left where it stands, and the next one is served', async () => {
  const gan = tiny({ maxBatch: 4, maxQueue: 100_000 })
  const controller = new AbortController()
  const aborted = failure(gan.sample(100_000, { signal: controller.signal }))
  while (gan.stats.served === 0) await new Promise(setImmediate)
  controller.abort()
  expect((await aborted).name).toBe('AbortError')
  expect((await gan.sample(3)).count).toBe(3)
  expect(gan.stats).toMatchObject({ waiting: 0, lastBatch: 3 })
  expect(gan.stats.served).toBeLessThan(50_000)
})

test('two models that train and sample at once do what each does alone', async () => {
  const run = async (seed: number) => {
    const gan = tiny({ seed })
    const training = gan.trainEpoch(bars(32, seed))
    const during = await gan.sample(3, { seed: 1 })
    const { discLosses, genLosses } = await training
    const after = await gan.sample(5, { seed: 1 })
    return { during: during.count, losses: [...discLosses, ...genLosses], pixels: Buffer.from(after.pixels) }
  }
  const alone = [await run(1), await run(2)]
  expect(await Promise.all([run(1), run(2)])).toEqual(alone)
  expect(alone[0]?.losses).not.toEqual(alone[1]?.losses)
  expect(alone[0]?.pixels).not.toEqual(alone[1]?.pixels)
})

test('images requested during training come from the running step or from the next one', async () => {
  const STEPS = 20
  const dataset = bars(STEPS * NATIVE_CONFIG.batchSize)
  const models: NativeModel[] = []
  const create = async () => {
    const model = training().create(NATIVE_CONFIG)
    models.push(model)
    await training().setDataset(model, dataset.images, dataset.count)
    return model
  }
  const hex = (pixels: ArrayBuffer) => Buffer.from(pixels).toString('hex')
  try {
    const alone: string[] = []
    const every = { snapshotEvery: 1, checkpointEvery: 0, maxSteps: 0 }
    await training().trainEpoch(await create(), every, event => {
      if (event.kind === 'snapshot') alone.push(hex(event.pixels))
    })
    expect(new Set(alone).size).toBe(STEPS)

    const model = await create()
    let running = true
    const none = { snapshotEvery: 0, checkpointEvery: 0, maxSteps: 0 }
    const epoch = training().trainEpoch(model, none, () => {})
    void epoch.finally(() => {
      running = false
    })
    const waits: number[] = []
    while (running) {
      const requested = training().position(model).step
      const drawn = { labels: undefined, minConfidence: undefined, truncation: 1 }
      const request = {
        count: NATIVE_CONFIG.fixedCount,
        seed: 0,
        first: 0,
        latents: null,
        fixed: true,
        ...drawn,
      }
      const made = alone.indexOf(hex((await training().sample(model, request).promise).pixels)) + 1
      expect(made).toBeGreaterThan(0)
      waits.push(made - requested)
    }
    await epoch
    expect(waits.length).toBeGreaterThan(2)
    // Not all: a busy machine may hold this thread up between its two questions.
    const prompt = waits.filter(steps => steps < 2)
    expect(prompt.length).toBeGreaterThan(waits.length / 2)
  } finally {
    await Promise.all(models.map(model => training().dispose(model)))
  }
})

test('a model is replaced under a stream of requests, and none of them fails', async () => {
  const files: string[] = []
  const expected: Uint8Array[] = []
  for (const seed of [1, 2]) {
    const gan = tiny({ seed })
    const file = join(folder(), 'digits.safetensors')
    await gan.save(file, { only: 'generator' })
    files.push(file)
    expected.push((await gan.sample(2, { seed: 9 })).pixels)
  }
  const load = async (i: number) => kept(await DCGAN.load(files[i] as string, { threads: 1 }))
  let server = await load(0)
  let streaming = true
  const served = [0, 0]
  const client = async () => {
    while (streaming) {
      const { pixels } = await server.sample(2, { seed: 9 })
      const model = expected.findIndex(images => equal(images, pixels))
      served[model] = (served[model] ?? 0) + 1
    }
  }
  const clients = Array.from({ length: 16 }, client)
  for (const i of [1, 0, 1]) {
    const next = await load(i)
    const old = server
    server = next
    // Requests are served in order: with this one, all before it have their answer.
    await old.sample()
    await old.dispose()
    const before = served[i] as number
    while ((served[i] as number) < before + 32) await server.sample()
  }
  streaming = false
  await Promise.all(clients)
  expect(Object.keys(served)).toEqual(['0', '1'])
  expect(Math.min(...served)).toBeGreaterThan(0)
})

test('a request for a thousand images is answered before training has made three more steps', async () => {
  const gan = tiny()
  const stop = new AbortController()
  const epoch = failure(gan.trainEpoch(bars(1000), { signal: stop.signal }))
  while (gan.step === 0) await new Promise(setImmediate)
  const waits: number[] = []
  for (let seed = 0; seed < 3; seed++) {
    const before = gan.step
    expect((await gan.sample(1000, { seed })).count).toBe(1000)
    waits.push(gan.step - before)
  }
  stop.abort()
  expect((await epoch).name).toBe('AbortError')
  // The quickest: a busy machine may hold this thread up between an answer and its question after the step.
  expect(Math.min(...waits)).toBeGreaterThan(0)
  expect(Math.min(...waits)).toBeLessThan(3)
})
