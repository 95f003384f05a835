import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, ImageBatch } from '../../lib/index'
import { loadClassifier } from '../../lib/native/classifier'
import { training } from '../../lib/native/engines'
import { equal, kept, labelled, tiny } from '../support/dcgan'
import { failure, refused } from '../support/failure'
import { folder } from '../support/folder'
import { NATIVE_CONFIG } from '../support/native-config'

const code = (expected: string, message: RegExp) =>
  expect.objectContaining({ code: expected, message: expect.stringMatching(message) })

const pretrained = async (hparams = {}) => kept(await DCGAN.pretrained({ device: 'cpu', ...hparams }))
/** Noise, of which the classifier is hardly ever sure. */
const untrained = (hparams = {}) => tiny({ classes: 10, ...hparams })

/** Has the classifier judge the images of a seed, and draws none again. */
const asTheyAre = (gan: DCGAN, count: number, seed: number) => gan.sample(count, { seed, minConfidence: 0 })

const confidencesOf = ({ confidences = new Float32Array() }: ImageBatch) => [...confidences]

test('images of which the classifier is sure stay as they are, and the others are drawn again', async () => {
  const gan = await pretrained()
  const plain = await gan.sample(200, { seed: 5 })
  const judged = await asTheyAre(gan, 200, 5)
  expect(plain.confidences).toBeUndefined()
  expect(judged.pixels).toEqual(plain.pixels)
  expect(judged.labels).toEqual(plain.labels)
  const sure = await gan.sample(200, { seed: 5, minConfidence: 0.98 })
  const [before, after] = [confidencesOf(judged), confidencesOf(sure)]
  let changed = 0
  for (let i = 0; i < 200; i++) {
    const kept = (before[i] as number) >= 0.98
    expect(equal(sure.image(i), plain.image(i))).toBe(kept)
    if (kept) expect(after[i]).toBe(before[i])
    else changed++
  }
  expect(changed).toBeGreaterThan(0)
  expect(Math.min(...after)).toBeGreaterThanOrEqual(0.98)
  expect(sure.labels).toEqual(plain.labels)
})

test('an image is a function of its seed, in any company', async () => {
  const gan = await pretrained()
  const options = { seed: 8, minConfidence: 0.9999 }
  const alone = await gan.sample(4, options)
  const [fewer, many, ...others] = await Promise.all([
    gan.sample(2, options),
    gan.sample(90, options),
    ...[1, 2, 3].map(seed => gan.sample(30, { seed })),
    gan.sample(30, { seed: 4, minConfidence: 0.9 }),
    gan.sample(4, { seed: 9, minConfidence: 1 }),
    gan.sample(4, options),
  ])
  expect(fewer?.pixels).toEqual(alone.pixels.subarray(0, 2 * 784))
  expect(many?.pixels.subarray(0, 4 * 784)).toEqual(alone.pixels)
  expect(many?.pixels).not.toEqual((await gan.sample(90, { seed: 8 })).pixels)
  expect(many?.confidences?.subarray(0, 4)).toEqual(alone.confidences)
  expect(others.at(-1)?.confidences).toEqual(alone.confidences)
  expect(others[0]?.pixels).toEqual((await gan.sample(30, { seed: 1 })).pixels)
})

test.each([
  ['on any number of threads', { threads: 2 }],
  ['in forward passes of any size', { maxBatch: 3 }],
])('the images and their confidences are the same %s', async (_, hparams) => {
  const options = { seed: 2, minConfidence: 0.99 }
  const [one, other] = [await pretrained({ threads: 1 }), await pretrained(hparams)]
  const [a, b] = [await one.sample(50, options), await other.sample(50, options)]
  expect(b.pixels).toEqual(a.pixels)
  expect(b.confidences).toEqual(a.confidences)
})

test("on LibTorch's own operators too an image does not depend on its company", async () => {
  const gan = untrained({ kernels: 'plain' })
  const options = { seed: 8, labels: 3, minConfidence: 0.3 }
  const alone = await gan.sample(2, options)
  const [many] = await Promise.all([gan.sample(20, options), gan.sample(3, { seed: 1, minConfidence: 1 })])
  expect(many?.pixels.subarray(0, 2 * 784)).toEqual(alone.pixels)
  expect(many?.confidences?.subarray(0, 2)).toEqual(alone.confidences)
})

test('20 candidates are drawn at most, and the best of them is the image', async () => {
  const noise = untrained()
  await noise.sample(10, { seed: 3, minConfidence: 1 })
  expect(noise.stats.served).toBe(200)

  const gan = await pretrained()
  const first = await asTheyAre(gan, 10, 3)
  const best = await gan.sample(10, { seed: 3, minConfidence: 1 })
  const gains = confidencesOf(best).map((value, i) => value - (first.confidences?.[i] as number))
  expect(Math.min(...gains)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...gains)).toBeGreaterThan(0)
})

test('the confidence is the probability of the label, and without classes the largest one', async () => {
  const conditional = untrained()
  const sum = new Float64Array(6)
  for (let label = 0; label < 10; label++) {
    const { confidences } = await conditional.sample(6, {
      latents: undefined,
      seed: 1,
      labels: label,
      minConfidence: 0,
    })
    for (const [i, value] of confidences?.entries() ?? []) sum[i] = Math.max(sum[i] as number, value)
  }
  for (const value of confidencesOf(await asTheyAre(tiny(), 30, 1))) {
    expect(value).toBeGreaterThan(0.1)
    expect(value).toBeLessThanOrEqual(1)
  }
  expect(Math.min(...sum)).toBeGreaterThan(0)
})

test('requests of both kinds share forward passes', async () => {
  const gan = untrained()
  await asTheyAre(gan, 1, 1)
  const { forwards } = gan.stats
  const busy = gan.sample(64, { seed: 1 })
  await Promise.all([
    busy,
    ...[2, 3, 4].map(seed => asTheyAre(gan, 5, seed)),
    gan.sample(5, { seed: 5, labels: 1 }),
  ])
  expect(gan.stats.forwards - forwards).toBeLessThanOrEqual(3)
  expect(gan.stats.waiting).toBe(0)
})

test('a request waits for the images that were before it, and not for all their candidates', async () => {
  const gan = untrained({ maxBatch: 8 })
  await asTheyAre(gan, 1, 1)
  const { served } = gan.stats
  const many = gan.sample(64, { seed: 1, minConfidence: 1 })
  const one = gan.sample(1, { seed: 2 }).then(() => gan.stats.served - served)
  expect((await many).count).toBe(64)
  expect(await one).toBeLessThanOrEqual(64 + 2 * 8)
  expect(gan.stats.served - served).toBe(64 * 20 + 1)
})

test('images that may be drawn again count in maxQueue until they are decided', async () => {
  const gan = untrained({ maxQueue: 64, maxBatch: 64 })
  await asTheyAre(gan, 1, 1)
  const { served } = gan.stats
  let done = false
  const many = gan.sample(64, { seed: 1, minConfidence: 1 }).finally(() => {
    done = true
  })
  while (gan.stats.served === served) await new Promise(setImmediate)
  const outcomes: string[] = []
  while (!done) {
    outcomes.push(
      await gan.sample(1, { seed: 2 }).then(
        () => 'made',
        error => error.code,
      ),
    )
  }
  expect((await many).count).toBe(64)
  // The last one may come when all images are decided.
  expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(['ERR_DCGAN_OVERLOADED']))
  expect((await gan.sample(64)).count).toBe(64)
})

test('images are drawn again while the model trains', async () => {
  const gan = untrained()
  const epoch = gan.trainEpoch(labelled(40, 10))
  const { confidences } = await gan.sample(3, { seed: 1, minConfidence: 1 })
  expect(confidences).toHaveLength(3)
  await epoch
})

test('an aborted signal takes back what is to be drawn again', async () => {
  const gan = untrained({ maxBatch: 4 })
  await asTheyAre(gan, 1, 1)
  const { served } = gan.stats
  const controller = new AbortController()
  const reason = new Error('enough')
  const many = gan.sample(200, { minConfidence: 1, signal: controller.signal })
  setTimeout(() => controller.abort(reason), 20)
  expect(await failure(many)).toBe(reason)
  await gan.sample(1)
  expect(gan.stats.served - served).toBeLessThan(4000)
  expect(gan.stats.waiting).toBe(0)
})

test('dispose() rejects what is to be drawn again', async () => {
  const gan = untrained({ maxBatch: 4 })
  await asTheyAre(gan, 1, 1)
  const many = failure(gan.sample(200, { minConfidence: 1 }))
  setTimeout(() => void gan.dispose(), 20)
  expect(await many).toEqual(code('ERR_DCGAN_DISPOSED', /dispose/))
})

test('maxQueue bounds the images, not their candidates', async () => {
  const gan = untrained({ maxQueue: 10 })
  expect((await gan.sample(10, { minConfidence: 1 })).count).toBe(10)
  await refused(gan.sample(11, { minConfidence: 1 }), 'ERR_DCGAN_OVERLOADED', /maxQueue/)
})

test('saveGrid() takes it too', async () => {
  const gan = untrained()
  const file = join(folder(), 'grid.png')
  const options = { seed: 6, labels: 7, minConfidence: 0.5 }
  await gan.saveGrid(file, { ...options, count: 6 })
  expect(equal(readFileSync(file), await (await gan.sample(6, options)).grid())).toBe(true)
})

test.each<[string, number, object, RegExp]>([
  ['a text', 10, { minConfidence: '0.9' }, /minConfidence/],
  ['not a number', 10, { minConfidence: Number.NaN }, /0 to 1 for minConfidence/],
  ['more than 1', 10, { minConfidence: 1.01 }, /0 to 1/],
  ['less than 0', 0, { minConfidence: -0.1 }, /0 to 1/],
  ['null', 0, { minConfidence: null }, /minConfidence/],
  ['latents with it', 0, { minConfidence: 0.5, latents: new Float32Array(8) }, /latents are given/],
  ['classes that are not the digits', 3, { minConfidence: 0.5 }, /3 classes/],
])('%s is an invalid argument', async (_, classes, options, message) => {
  const gan = tiny({ classes })
  const expected = code('ERR_DCGAN_INVALID_ARGUMENT', message)
  expect(await failure(gan.sample(1, options))).toEqual(expected)
  expect(await failure(gan.saveGrid('never.png', options))).toEqual(expected)
})

test('the addon checks again what its memory depends on', async () => {
  const addon = training()
  const made = { count: 1, seed: 1, first: 0, latents: null, fixed: false }
  const request = { ...made, minConfidence: 0.5, truncation: 1 }
  const twelve = addon.create({ ...NATIVE_CONFIG, classes: 12 })
  const ten = addon.create({ ...NATIVE_CONFIG, classes: 10 })
  const labels = new Uint8Array(1)
  const sampling = (model: typeof ten, changes: object) => () =>
    addon.sample(model, { ...request, labels, ...changes })
  const invalid = expect.objectContaining({ code: 'ERR_DCGAN_INVALID_ARGUMENT' })
  for (const call of [
    sampling(ten, { minConfidence: 'high' }),
    sampling(ten, { latents: new Float32Array(100) }),
    sampling(ten, { count: 4, fixed: true }),
  ]) {
    expect(await failure(Promise.resolve().then(call))).toEqual(invalid)
  }
  // Without the classifier there is nothing to judge with.
  const unset = await failure(addon.sample(ten, { ...request, labels }).promise)
  expect(unset).toEqual(expect.objectContaining({ code: 'ERR_DCGAN_NATIVE' }))
  // A label beyond the classifier's classes is never read.
  await addon.setClassifier(twelve, (await loadClassifier()).tensors)
  const beyond = await addon.sample(twelve, { ...request, labels: Uint8Array.of(11) }).promise
  expect([...new Float32Array(beyond.confidences as ArrayBuffer)]).toEqual([0])
  await Promise.all([addon.dispose(twelve), addon.dispose(ten)])
})

test('a batch of confidences has one for each image', () => {
  const pixels = new Uint8Array(2 * 784)
  expect(new ImageBatch(pixels, undefined, new Float32Array([0.5, 1])).confidences).toHaveLength(2)
  expect(() => new ImageBatch(pixels, undefined, new Float32Array(3))).toThrow(/confidences/)
  expect(() => new ImageBatch(pixels, undefined, [1, 1] as never)).toThrow(/confidences/)
})
