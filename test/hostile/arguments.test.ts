import type { TrainingImages } from '../../lib/index'
import { training } from '../../lib/native/engines'
import { bars, equal, tiny } from '../support/dcgan'
import { code, invalid, refused } from '../support/failure'
import { NATIVE_CONFIG } from '../support/native-config'

/** Memory that its owner may make smaller, grow or share. */
function memory(bytes: number, shared = false): ArrayBuffer {
  const Buffer = (shared ? SharedArrayBuffer : ArrayBuffer) as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer
  return new Buffer(bytes, { maxByteLength: bytes })
}

const resize = (buffer: ArrayBuffer, bytes: number) =>
  (buffer as unknown as { resize(bytes: number): void }).resize(bytes)
/** Transfers a buffer, so that its length is 0. Since Node.js 22, a second transfer of the same buffer fails. */
function detach(buffer: ArrayBuffer): void {
  if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] })
}

/** The same images in memory that can change. */
function movable(dataset: TrainingImages, shared = false): TrainingImages {
  const images = new Uint8Array(memory(dataset.images.length, shared))
  images.set(dataset.images)
  return { ...dataset, images }
}

function latentsIn(buffer: ArrayBuffer): Float32Array {
  const latents = new Float32Array(buffer)
  for (let i = 0; i < latents.length; i++) latents[i] = Math.sin(i)
  return latents
}

/** Looks like a signal, and does something whenever it is looked at. */
function watched(act: () => void): AbortSignal {
  const signal = {
    get aborted() {
      act()
      return false
    },
    throwIfAborted: act,
    addEventListener: act,
    removeEventListener: () => {},
  }
  return signal as unknown as AbortSignal
}

const CHANGES: [string, (images: Uint8Array) => void][] = [
  ['blackens them', images => void images.fill(0)],
  ['makes their memory smaller', images => resize(images.buffer as ArrayBuffer, 0)],
  ['gives their memory away', images => detach(images.buffer as ArrayBuffer)],
]

describe('the images of a data set are read when training is called', () => {
  test.each(CHANGES)('trainEpoch() trains on them when their owner %s at once', async (_, change) => {
    const straight = await tiny().trainEpoch(bars(12))
    const dataset = movable(bars(12))
    const epoch = tiny().trainEpoch(dataset)
    change(dataset.images)
    expect((await epoch).discLosses).toEqual(straight.discLosses)
  })

  test.each(CHANGES)('train() trains on them when their owner %s at once', async (_, change) => {
    const straight = await tiny({ epochs: 1 }).train({ dataset: bars(12), outputDir: null })
    const options = { dataset: movable(bars(12)), outputDir: null }
    const run = tiny({ epochs: 1 }).train(options)
    const { images } = options.dataset
    options.dataset = bars(4)
    change(images)
    expect((await run).epochs[0]?.discLosses).toEqual(straight.epochs[0]?.discLosses)
  })

  test('memory that other threads share is copied too', async () => {
    const straight = await tiny().trainEpoch(bars(12))
    const dataset = movable(bars(12), true)
    const epoch = tiny().trainEpoch(dataset)
    dataset.images.fill(0)
    expect((await epoch).discLosses).toEqual(straight.discLosses)
  })

  test.each(CHANGES.slice(1))('a getter that %s is met by an error, not by a crash', async (_, change) => {
    const dataset = movable(bars(12))
    Object.defineProperty(dataset, 'height', {
      get() {
        change(dataset.images)
        return 28
      },
    })
    await refused(tiny().trainEpoch(dataset), 'ERR_DCGAN_BAD_DATASET')
  })

  test.each(CHANGES.slice(1))('a signal that %s changes nothing', async (_, change) => {
    const straight = await tiny().trainEpoch(bars(12))
    const dataset = movable(bars(12))
    let looks = 0
    const signal = watched(() => {
      // While the options are checked it still looks like a signal to those that come later.
      if (++looks > 2) change(dataset.images)
    })
    const outcome = await tiny()
      .trainEpoch(dataset, { signal })
      .catch(error => error)
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'ERR_DCGAN_BAD_DATASET' })
    else expect(outcome.discLosses).toEqual(straight.discLosses)
  })

  test('their own length is no matter of belief', async () => {
    const dataset = bars(4)
    Object.defineProperty(dataset.images, 'length', { value: 784 * 400 })
    await refused(
      tiny().trainEpoch({ ...dataset, count: 400 }),
      'ERR_DCGAN_BAD_DATASET',
      'dataset.images has 3136',
    )
  })
})

describe('latent vectors are read when sample() is called', () => {
  test('whatever becomes of them afterwards', async () => {
    const gan = tiny()
    const straight = await gan.sample(3, { latents: latentsIn(memory(96)) })
    for (const change of [
      (latents: Float32Array) => void latents.fill(0),
      (latents: Float32Array) => resize(latents.buffer as ArrayBuffer, 0),
      (latents: Float32Array) => detach(latents.buffer as ArrayBuffer),
    ]) {
      const latents = latentsIn(memory(96))
      const sampling = gan.sample(3, { latents })
      change(latents)
      expect(equal((await sampling).pixels, straight.pixels)).toBe(true)
      const again = latentsIn(memory(96))
      const looked = await gan.sample(3, { latents: again, signal: watched(() => change(again)) })
      expect(equal(looked.pixels, straight.pixels)).toBe(true)
    }
    const shared = await gan.sample(3, { latents: latentsIn(memory(96, true)) })
    expect(equal(shared.pixels, straight.pixels)).toBe(true)
  })

  test('and measured as they are', async () => {
    const gan = tiny()
    const long = new Float32Array(8)
    Object.defineProperty(long, 'length', { value: 40_000 })
    const gone = new Float32Array(8)
    detach(gone.buffer)
    const shrunk = new Float32Array(memory(32))
    resize(shrunk.buffer as ArrayBuffer, 16)
    for (const [count, latents] of [
      [5000, long],
      [1, gone],
      [1, shrunk],
    ] as const) {
      await invalid(gan.sample(count, { latents }))
    }
    expect((await gan.sample(1, { latents: long })).count).toBe(1)
  })
})

test('an option is read once', async () => {
  const gan = tiny()
  const reads: Record<string, number> = {}
  const counted = <T extends object>(options: T): T =>
    new Proxy(options, {
      get(target, key) {
        reads[String(key)] = (reads[String(key)] ?? 0) + 1
        return Reflect.get(target, key)
      },
    })
  const { signal } = new AbortController()
  const { images } = bars(4)
  const dataset = counted({ images, count: 4, width: 28, height: 28 })
  await gan.trainEpoch(dataset, counted({ signal, onProgress: () => {} }))
  await gan.sample(1, counted({ seed: 1, signal: new AbortController().signal }))
  expect(Object.values(reads).every(times => times <= 2)).toBe(true)
  expect(reads).toMatchObject({ images: 1, count: 1, width: 1, height: 1, onProgress: 1, seed: 1 })
})

describe('the addon measures by itself', () => {
  const model = training().create(NATIVE_CONFIG)
  afterAll(() => training().dispose(model))
  const drawn = { labels: undefined, minConfidence: undefined, truncation: 1 }
  const request = { count: 2, seed: 1, first: 0, latents: null, fixed: false, ...drawn }
  const state = { step: 0, epoch: 0, batch: 0, datasetCount: 0, datasetHash: '', tensors: [] }
  const sample = (changes: object) => training().sample(model, { ...request, ...changes })
  const tensor = { name: 'rng.noise', dtype: 'I64', shape: [2], data: new ArrayBuffer(16) }
  const importTensor = (changes: object) =>
    training().importState(model, { ...state, tensors: [{ ...tensor, ...changes }] } as never)

  test.each<[string, () => unknown]>([
    ['more images than there are', () => training().setDataset(model, new Uint8Array(784), 2)],
    ['no images', () => training().setDataset(model, new Uint8Array(0), 0)],
    ['a number of images that is none', () => training().setDataset(model, new Uint8Array(784), Number.NaN)],
    ['too many to count', () => training().setDataset(model, new Uint8Array(784), 1e300)],
    ['images of another type', () => training().setDataset(model, new Float32Array(784) as never, 1)],
    ['latents that are too few', () => sample({ latents: new Float32Array(100) })],
    ['a negative count', () => sample({ count: -1 })],
    ['half an image', () => sample({ count: 1.5 })],
    ['another number of fixed latents', () => sample({ count: 5, fixed: true })],
    ['no truncation', () => sample({ truncation: undefined as never })],
    ['a negative seed', () => sample({ seed: -1 })],
    ['no request', () => training().sample(model, undefined as never)],
    ['a negative number of latents', () => training().latents(1, 0, -1, 100)],
    ['latents without end', () => training().latents(1, 0, 1e15, 1e15)],
    [
      'a probe of latents that are too few',
      () => training().probe(model, { images: new Uint8Array(7840), latents: new Float32Array(100) }),
    ],
    ['a negative step', () => training().importState(model, { ...state, step: -1 })],
    ['a hash that is none', () => training().importState(model, { ...state, datasetHash: 'xyz' })],
    ['a tensor that is too short', () => importTensor({ data: new ArrayBuffer(8) })],
    ['a tensor without end', () => importTensor({ shape: [2 ** 40, 2 ** 40] })],
    ['an unknown dtype', () => importTensor({ dtype: 'F8' })],
    ['more threads than anyone has', () => training().create({ ...NATIVE_CONFIG, threads: 1e9 })],
    ['latents of no length', () => training().create({ ...NATIVE_CONFIG, latentDim: 0 })],
  ])('%s', (_, call) => {
    expect(call).toThrow(code('ERR_DCGAN_INVALID_ARGUMENT'))
  })

  test('a state with a random generator of another shape', async () => {
    const whole = await training().exportState(model, 'all')
    const corrupted = whole.tensors.map(item =>
      item.name === 'rng.noise' ? { ...item, shape: [1], data: new ArrayBuffer(8) } : item,
    )
    await refused(training().importState(model, { ...whole, tensors: corrupted }), 'ERR_DCGAN_BAD_CHECKPOINT')
  })
})
