import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DCGAN, type HyperParams, loadMnist, type TrainingImages } from '../../lib/index'
import { largestDifference } from '../support/dcgan'
import { folder } from '../support/folder'
import { ARITHMETICS, computeIn } from './arithmetic'

const DEVICE = { device: 'cpu', threads: 2 } as const

interface Outcome {
  losses: number[]
  state: string
}

// A process loads LibTorch and trains for seconds, and for minutes where other work has the processor.
jest.setTimeout(300_000)

/** Trains in a process of its own. Its threads sleep when they wait: spinning, they starve while other tests run. */
async function train(hparams: Partial<HyperParams>, count: number, disturbed = false): Promise<Outcome> {
  const job = JSON.stringify({ hparams: { ...DEVICE, ...hparams }, count, disturbed })
  const child = join(__dirname, '..', 'fixtures', 'train-child.js')
  const env = { ...process.env, OMP_WAIT_POLICY: 'passive' }
  const { stdout } = await promisify(execFile)(process.execPath, [child, job], { env })
  return JSON.parse(stdout)
}

async function someDigits(count: number): Promise<TrainingImages> {
  const { images, width, height } = await loadMnist({ split: 'test' })
  return { images: images.subarray(0, count * 784), count, width, height }
}

// Tests that take minutes run in `npm run test:long`. Products in plain C++ are slow, so batches are small there.
const LONG = process.env.DCGAN_LONG_TESTS !== undefined
const CASES = LONG ? ARITHMETICS : (['plain-bfloat16'] as const)

describe.each(CASES)('a seed fixes training in %s', arithmetic => {
  const precision = computeIn(arithmetic)
  const [batchSize, steps, large] = arithmetic === 'plain-bfloat16' ? [3, 3, 8] : [16, 25, 128]
  const hparams = { precision, seed: 11, batchSize, epochs: 4 }
  let plain: Outcome

  beforeAll(async () => {
    plain = await train(hparams, steps * batchSize)
  })

  test('of four epochs and what they end in, in another process', async () => {
    expect(plain.losses).toHaveLength(2 * 4 * steps)
    expect(plain.losses.every(Number.isFinite)).toBe(true)
    expect(await train(hparams, steps * batchSize)).toEqual(plain)
  })

  test('whatever else the process does meanwhile', async () => {
    expect(await train(hparams, steps * batchSize, true)).toEqual(plain)
  })

  test('and another seed fixes another', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(seed => train({ ...hparams, seed, epochs: 1 }, 4 * batchSize)),
    )
    expect(one?.state).not.toBe(two?.state)
    expect(one?.losses).not.toEqual(two?.losses)
  })

  test(`on batches of ${large}, and a last one of three quarters as many images`, async () => {
    const hparams = { precision, seed: 12, batchSize: large, epochs: 1 }
    const first = await train(hparams, 3.75 * large)
    expect(first.losses).toHaveLength(8)
    expect(await train(hparams, 3.75 * large)).toEqual(first)
  })
})

describe.each(CASES)('a seed fixes images in %s', arithmetic => {
  const precision = computeIn(arithmetic)
  const [batchSize, most] = arithmetic === 'plain-bfloat16' ? [4, 70] : [16, 200]
  let gan: DCGAN

  beforeAll(async () => {
    gan = new DCGAN({ ...DEVICE, precision, seed: 3, batchSize })
    // Untrained statistics make every image nearly the same grey.
    await gan.trainEpoch(await someDigits(20 * batchSize))
  })

  afterAll(() => gan.dispose())

  const pixels = async (count: number, seed: number) => (await gan.sample(count, { seed })).pixels

  test('the first of many are the few', async () => {
    const many = await pixels(most, 42)
    for (const count of [1, 2, 3, 4, 16, 64, 65])
      expect(Buffer.compare(await pixels(count, 42), many.subarray(0, count * 784))).toBe(0)
    expect(Buffer.compare(await pixels(1, 43), many.subarray(0, 784))).not.toBe(0)
  })

  test('alone or together with others', async () => {
    const alone = await pixels(5, 42)
    const company = await Promise.all([
      pixels(1, 1),
      pixels(5, 42),
      gan.sample(7, { latents: new Float32Array(700).fill(0.5) }).then(batch => batch.pixels),
      pixels(90, 2),
      gan.sample(3).then(batch => batch.pixels),
      pixels(5, 42),
    ])
    expect(Buffer.compare(company[1] as Uint8Array, alone)).toBe(0)
    expect(Buffer.compare(company[5] as Uint8Array, alone)).toBe(0)
  })

  test('on another number of threads, and from the file', async () => {
    const alone = await pixels(20, 42)
    const file = join(folder(), 'same.safetensors')
    await gan.save(file)
    const loaded = await DCGAN.load(file, { threads: 1 })
    const again = (await loaded.sample(20, { seed: 42 })).pixels
    await loaded.dispose()
    expect(largestDifference(again, alone)).toBeLessThanOrEqual(1)
  })

  test('while training, those of the model as it is between two steps', async () => {
    const stop = new AbortController()
    const training = gan.trainEpoch(await someDigits(4000), { signal: stop.signal })
    const ending = training.catch(error => error)
    const file = join(folder(), 'between.safetensors')
    // Equal samples on either side of the save: no step came between, and the file is the model that made them.
    let before: Uint8Array
    let after: Uint8Array
    let tries = 0
    do {
      ;[before, , after] = await Promise.all([pixels(6, 42), gan.save(file), pixels(6, 42)])
    } while (Buffer.compare(before, after) !== 0 && ++tries < 50)
    stop.abort()
    expect(await ending).toBe(stop.signal.reason)
    expect(Buffer.compare(before, after)).toBe(0)

    const loaded = await DCGAN.load(file)
    const alone = (await loaded.sample(6, { seed: 42 })).pixels
    await loaded.dispose()
    expect(Buffer.compare(alone, before)).toBe(0)
    expect(Buffer.compare(await pixels(6, 42), before)).not.toBe(0)
  })
})
