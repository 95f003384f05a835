import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, type Evaluation, type Figures, loadMnist, type TrainingImages } from '../../lib/index'
import { bars, kept, tiny } from '../support/dcgan'
import { code, failure, invalid, refused } from '../support/failure'

const first = ({ images, labels }: TrainingImages, count: number): TrainingImages => ({
  images: images.slice(0, count * 784),
  labels: labels?.slice(0, count),
  count,
  width: 28,
  height: 28,
})

const test200 = async () => first(await loadMnist({ split: 'test' }), 200)
/** Few images, and a small floor: nothing has to be read for it. */
const small = { count: 60, seed: 3, floorDataset: bars(90) }

/** The figures of quality/fixture.py for the same images. */
interface Fixture {
  real: number
  fake: number
  figures: Required<Omit<Figures, 'count'>>
}
const fixture: Fixture = JSON.parse(
  readFileSync(join(__dirname, '..', 'fixtures', 'evaluation.json'), 'utf8'),
)

/** As quality/fixture.py does it. */
function corrupted({ images, ...rest }: TrainingImages): TrainingImages {
  const changed = images.slice()
  for (let i = 0; i < rest.count; i++) {
    const image = images.subarray(i * 784, (i + 1) * 784)
    const down = i % 3 === 0 ? (i % 28) * 28 : 0
    const target = changed.subarray(i * 784, (i + 1) * 784)
    for (let p = 0; p < 784; p++) {
      const level = image[p] as number
      target[(p + down) % 784] = i % 4 === 0 ? 255 - level : level
    }
  }
  return { images: changed, ...rest }
}

test('the figures equal the figures of the reference implementation', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  const dataset = first(await loadMnist({ split: 'test' }), fixture.real)
  const floorDataset = corrupted(first(await loadMnist(), fixture.fake))
  // In the generator's place stand images that are known.
  const { floor } = await gan.evaluate({ count: fixture.fake, dataset, floorDataset })
  const expected = fixture.figures
  expect(floor.count).toBe(fixture.fake)
  for (const name of ['frechetDistance', 'density', 'confidence'] as const) {
    expect(floor[name] / expected[name]).toBeCloseTo(1, 5)
  }
  for (const name of ['precision', 'recall', 'coverage'] as const) {
    expect(floor[name]).toBeCloseTo(expected[name], 9)
  }
  expect(floor.classShares).toEqual(expected.classShares)
})

test('labels are read as the reference implementation reads them', async () => {
  const gan = tiny({ classes: 10 })
  const dataset = first(await loadMnist({ split: 'test' }), 50)
  const floorDataset = corrupted(first(await loadMnist(), fixture.fake))
  const { floor } = await gan.evaluate({ count: fixture.fake, dataset, floorDataset })
  expect(floor.labelAccuracy).toBeCloseTo(fixture.figures.labelAccuracy as number, 9)
  for (const [label, accuracy] of (fixture.figures.labelAccuracyByClass ?? []).entries()) {
    expect(floor.labelAccuracyByClass?.[label]).toBeCloseTo(accuracy, 9)
  }
})

test('evaluate() compares the images that sample() makes of the same seed', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  const dataset = await test200()
  const { pixels, count } = await gan.sample(small.count, { seed: small.seed })
  const made = { images: pixels, count, width: 28, height: 28 }
  const {
    floor,
    classifier: _,
    seed,
    ...own
  } = await gan.evaluate({
    ...small,
    labels: 'uniform',
    dataset,
    floorDataset: made,
  })
  expect(seed).toBe(small.seed)
  expect(own.frechetDistance / floor.frechetDistance).toBeCloseTo(1, 6)
  expect(own.precision).toBe(floor.precision)
  expect(own.coverage).toBe(floor.coverage)
  expect(own.classShares).toEqual(floor.classShares)
})

test('labels are drawn in the proportions of the images to compare with, unless they are to be uniform', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  const { images, ...rest } = await test200()
  const labels = rest.labels?.map((_, i) => (i < 150 ? 3 : 7))
  const options = { ...small, count: 40, dataset: { images, ...rest, labels } }
  const read = async (own: object) => (await gan.evaluate({ ...options, ...own })).classShares
  const shares = await read({})
  expect([shares[3], shares[7]]).toEqual([expect.closeTo(0.75, 1), expect.closeTo(0.25, 1)])
  const uniform = await read({ labels: 'uniform' })
  expect(uniform.filter(share => share > 0).length).toBeGreaterThan(7)
  // Without labels they are uniform too.
  expect(await read({ dataset: { images, count: 200, width: 28, height: 28 } })).toEqual(uniform)
  await invalid(read({ labels: 7 }), /'dataset' or 'uniform' for labels but received 7/)
})

test('digits are far better than noise, and so are real digits', async () => {
  const [digits, noise] = [kept(await DCGAN.pretrained({ device: 'cpu' })), tiny({ classes: 10 })]
  const options = { count: 500, dataset: first(await loadMnist({ split: 'test' }), 2000) }
  const [good, bad] = [await digits.evaluate(options), await noise.evaluate(options)]
  for (const { frechetDistance } of [good, good.floor])
    expect(frechetDistance).toBeLessThan(bad.frechetDistance / 3)
  expect(good.precision).toBeGreaterThan(0.5)
  expect(bad.recall).toBeLessThan(0.2)
  expect(good.confidence).toBeGreaterThan(bad.confidence)
  expect(good.classShares.reduce((sum, share) => sum + share)).toBeCloseTo(1)
  expect(bad.labelAccuracy).toBeLessThan(0.3)
  expect(bad.floor.labelAccuracy).toBeGreaterThan(0.97)
  expect(good.classifier).toEqual(bad.classifier)
  expect(good.classifier.digest).toMatch(/^[0-9a-f]{64}$/)
  expect(good.classifier.accuracy).toBeGreaterThan(0.99)
  // The floor is a function of the images and the seed, whoever is judged.
  expect(good.floor.frechetDistance).toBe(bad.floor.frechetDistance)
})

test('the figures are a function of the seed, on any number of threads and whatever else is requested', async () => {
  const dataset = await test200()
  const figures: Evaluation[] = []
  for (const hparams of [{ threads: 1 }, { threads: 2 }, { threads: 2, maxBatch: 7 }]) {
    const gan = kept(await DCGAN.pretrained({ device: 'cpu', ...hparams }))
    const evaluating = gan.evaluate({ ...small, dataset })
    for (let i = 0; i < 5; i++) await gan.sample(9, { seed: i })
    figures.push(await evaluating)
  }
  expect(figures[1]).toEqual(figures[0])
  expect(figures[2]).toEqual(figures[0])
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  expect(await gan.evaluate({ ...small, dataset, seed: 4 })).not.toEqual(figures[0])
})

test("on LibTorch's own operators the figures are the same but for rounding", async () => {
  const dataset = await test200()
  const [fused, plain] = [
    kept(await DCGAN.pretrained({ device: 'cpu' })),
    kept(await DCGAN.pretrained({ device: 'cpu', kernels: 'plain', threads: 2 })),
  ]
  const [one, other] = [
    await fused.evaluate({ ...small, dataset }),
    await plain.evaluate({ ...small, dataset }),
  ]
  expect(other.frechetDistance / one.frechetDistance).toBeCloseTo(1, 4)
  expect(other.floor.frechetDistance / one.floor.frechetDistance).toBeCloseTo(1, 5)
  const alone = kept(await DCGAN.pretrained({ device: 'cpu', kernels: 'plain', threads: 1 }))
  expect(await alone.evaluate({ ...small, dataset })).toEqual(other)
})

test('unseen holds the figures of real images that the classifier was not trained on', async () => {
  const gan = tiny({ classes: 10 })
  const dataset = first(await loadMnist({ split: 'test' }), 1000)
  const half = (from: number) => {
    const rows = Array.from({ length: 500 }, (_, i) => 2 * i + from)
    const images = Buffer.concat(rows.map(i => dataset.images.subarray(i * 784, (i + 1) * 784)))
    return {
      images,
      labels: Uint8Array.from(rows, i => dataset.labels?.[i] ?? 0),
      count: 500,
      width: 28,
      height: 28,
    }
  }
  const { unseen } = await gan.evaluate({ count: 500, dataset })
  // One half takes the place of the generated images.
  const halves = await gan.evaluate({ count: 500, dataset: half(1), floorDataset: half(0) })
  const swapped = await gan.evaluate({ count: 500, dataset: half(0), floorDataset: half(1) })
  expect(unseen).toMatchObject({
    count: 1000,
    frechetDistance: expect.closeTo(halves.floor.frechetDistance, 6),
  })
  for (const name of ['precision', 'recall', 'density', 'coverage'] as const) {
    expect(unseen?.[name]).toBeCloseTo((halves.floor[name] + swapped.floor[name]) / 2, 9)
  }
  for (const name of ['confidence', 'labelAccuracy'] as const) {
    const all = ((halves.floor[name] ?? 0) + (swapped.floor[name] ?? 0)) / 2
    expect(unseen?.[name]).toBeCloseTo(all, 9)
  }
  expect(unseen?.classShares.reduce((sum, share) => sum + share)).toBeCloseTo(1)
  expect(unseen?.labelAccuracyByClass).toHaveLength(10)
})

test('no images are reported as unseen where the classifier was trained on them, or where they are too few', async () => {
  const training = first(await loadMnist(), 50)
  expect(await tiny().evaluate({ ...small, dataset: training })).not.toHaveProperty('unseen')
  const three = first(await test200(), 3)
  expect(await tiny().evaluate({ ...small, dataset: three })).not.toHaveProperty('unseen')
})

test('the distance within a class is the distance of its images alone', async () => {
  const gan = tiny({ classes: 10 })
  const [real, pool] = [first(await loadMnist({ split: 'test' }), 300), first(await loadMnist(), 300)]
  const of = ({ images, labels }: TrainingImages, label: number) => {
    const rows = Array.from(labels ?? []).flatMap((own, i) => (own === label ? [i] : []))
    const own = Buffer.concat(rows.map(i => images.subarray(i * 784, (i + 1) * 784)))
    return {
      images: own,
      labels: new Uint8Array(rows.length).fill(label),
      count: rows.length,
      width: 28,
      height: 28,
    }
  }
  const { floor } = await gan.evaluate({ count: 300, dataset: real, floorDataset: pool })
  expect(floor.frechetDistanceByClass).toHaveLength(10)
  for (const label of [0, 7]) {
    const alone = await gan.evaluate({ count: 300, dataset: of(real, label), floorDataset: of(pool, label) })
    // In another batch, the float32 features may round differently: by 6e-8 of their size.
    const distance = alone.floor.frechetDistance
    expect(Math.abs((floor.frechetDistanceByClass?.[label] ?? Number.NaN) / distance - 1)).toBeLessThan(1e-6)
    expect(alone.floor.frechetDistanceByClass?.[label + 1]).toBeNaN()
  }
})

test('the accuracy score of real images in both places is the same, and the score of noise is far lower', async () => {
  const gan = tiny({ classes: 10 })
  const options = { ...small, dataset: await test200(), floorDataset: first(await loadMnist(), 500) }
  const fractions: number[] = []
  const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction)
  const { accuracyScore } = await gan.evaluate({ ...options, accuracyScore: 400, onProgress })
  expect(accuracyScore?.count).toBe(400)
  expect(accuracyScore?.real).toBeGreaterThan(0.7)
  expect(accuracyScore?.generated).toBeLessThan(0.5)
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
  // A pool with fewer images: the generator makes as many.
  const some = await gan.evaluate({
    ...options,
    floorDataset: first(options.floorDataset, 100),
    accuracyScore: 400,
  })
  expect(some.accuracyScore?.count).toBe(100)
  expect(await gan.evaluate(options)).not.toHaveProperty('accuracyScore')
})

test('the accuracy score is a function of the seed, on any number of threads', async () => {
  const options = { ...small, dataset: await test200(), floorDataset: first(await loadMnist(), 300) }
  const score = async (threads: number, own = {}) => {
    const gan = kept(await DCGAN.pretrained({ device: 'cpu', threads }))
    return (await gan.evaluate({ ...options, accuracyScore: 100, ...own })).accuracyScore
  }
  const expected = await score(1)
  expect(await score(2)).toEqual(expected)
  expect(await score(2, { seed: 4 })).not.toEqual(expected)
})

test('a signal stops the accuracy score, and what it cannot be measured with is refused', async () => {
  const gan = tiny({ classes: 10 })
  const options = { ...small, dataset: await test200(), floorDataset: first(await loadMnist(), 300) }
  const controller = new AbortController()
  const reason = new Error('enough')
  const onProgress = ({ fraction }: { fraction: number }) => {
    if (fraction > 0.6) controller.abort(reason)
  }
  const stopped = gan.evaluate({ ...options, accuracyScore: 300, signal: controller.signal, onProgress })
  expect(await failure(stopped)).toBe(reason)
  await invalid(
    tiny().evaluate({ ...options, accuracyScore: true }),
    /for accuracyScore but received true: the model has no classes/,
  )
  const { labels: _, ...unlabelled } = options.dataset
  await refused(
    gan.evaluate({ ...options, dataset: unlabelled, accuracyScore: 300 }),
    'ERR_DCGAN_BAD_DATASET',
    /accuracy score/,
  )
})

test('the floor leaves out the images that are compared with', async () => {
  const gan = tiny()
  const { images, ...rest } = await test200()
  const dataset = first({ images, ...rest }, 100)
  const { floor } = await gan.evaluate({ count: 150, dataset, floorDataset: { images, ...rest } })
  expect(floor.count).toBe(100)
  expect(floor.precision).toBeLessThan(1)
  await refused(
    gan.evaluate({ count: 9, dataset, floorDataset: dataset }),
    'ERR_DCGAN_BAD_DATASET',
    /floorDataset/,
  )
})

test('while the model trains, the generator of the beginning is evaluated', async () => {
  const dataset = await test200()
  const [still, training] = [tiny(), tiny()]
  const expected = await still.evaluate({ ...small, dataset })
  const epoch = training.trainEpoch(bars(400))
  expect(await training.evaluate({ ...small, dataset })).toEqual(expected)
  await epoch
  expect((await training.evaluate({ ...small, dataset })).frechetDistance).not.toBe(expected.frechetDistance)
})

test('progress rises to 1', async () => {
  const fractions: number[] = []
  await tiny().evaluate({
    ...small,
    dataset: await test200(),
    onProgress: ({ fraction }) => fractions.push(fraction),
  })
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
  expect(fractions.at(-1)).toBe(1)
  expect(fractions[0]).toBeLessThan(1)
})

test('evaluate() rejects with the error that onProgress throws or rejects with', async () => {
  const gan = tiny()
  const dataset = await test200()
  const mine = new Error('mine')
  const throwing = () => {
    throw mine
  }
  expect(await failure(gan.evaluate({ ...small, dataset, onProgress: throwing }))).toBe(mine)
  const rejecting = async () => throwing()
  expect(await failure(gan.evaluate({ ...small, dataset, onProgress: rejecting }))).toBe(mine)
})

test('an aborted signal rejects with its reason, and the model stays usable', async () => {
  const gan = tiny()
  const reason = new Error('enough')
  expect(await failure(gan.evaluate({ signal: AbortSignal.abort(reason) }))).toBe(reason)
  const controller = new AbortController()
  const onProgress = () => controller.abort(reason)
  expect(await failure(gan.evaluate({ signal: controller.signal, onProgress }))).toBe(reason)
  expect((await gan.sample(3)).count).toBe(3)
  expect((await gan.evaluate({ ...small, dataset: await test200() })).count).toBe(small.count)
})

test('dispose() in the middle rejects at once, and afterwards there is no evaluation', async () => {
  const gan = tiny()
  const begun = new Promise<void>(resolve => {
    void gan.evaluate({ onProgress: () => resolve() }).catch(() => {})
  })
  const waiting = failure(gan.evaluate())
  await begun
  await gan.dispose()
  expect(await waiting).toEqual(code('ERR_DCGAN_DISPOSED', /dispose/))
  await refused(gan.evaluate(), 'ERR_DCGAN_DISPOSED', /disposed/)
})

test('dispose() ends the wait for promises of onProgress', async () => {
  const gan = tiny()
  const onProgress = ({ fraction }: { fraction: number }) => {
    if (fraction === 1) setImmediate(() => gan.dispose())
    return new Promise<void>(() => {})
  }
  const evaluating = gan.evaluate({ ...small, dataset: await test200(), onProgress })
  await refused(evaluating, 'ERR_DCGAN_DISPOSED', /disposed/)
})

test('the images are copied at the call, so later changes have no effect', async () => {
  const gan = tiny()
  const dataset = await test200()
  const expected = await gan.evaluate({ ...small, dataset })
  const evaluating = gan.evaluate({ ...small, dataset })
  dataset.images.fill(0)
  expect(await evaluating).toEqual(expected)
})

test('labels are read only where there are ten classes', async () => {
  const dataset = await test200()
  for (const classes of [0, 3]) {
    const { labelAccuracy, floor } = await tiny({ classes }).evaluate({ ...small, dataset })
    expect([labelAccuracy, floor.labelAccuracy]).toEqual([undefined, undefined])
  }
})

test('two images of each kind are enough, and one is not', async () => {
  const gan = tiny()
  const dataset = first(await loadMnist({ split: 'test' }), 2)
  const { frechetDistance, floor } = await gan.evaluate({ count: 2, dataset })
  expect([frechetDistance, floor.frechetDistance].every(Number.isFinite)).toBe(true)
  await refused(gan.evaluate({ count: 2, dataset: first(dataset, 1) }), 'ERR_DCGAN_BAD_DATASET', /one image/)
})

test.each<[string, object, RegExp]>([
  ['one image', { count: 1 }, /count/],
  ['half an image', { count: 2.5 }, /count/],
  ['too many images', { count: 1e6 }, /100000 for count/],
  ['a text', { count: '10' }, /count/],
  ['a negative seed', { seed: -1 }, /seed/],
  ['a number for a data set', { dataset: 3 }, /dataset/],
  ['images that are none', { floorDataset: { images: [], count: 1 } }, /images/],
  ['a signal that is none', { signal: {} }, /signal/],
  ['progress that is no function', { onProgress: true }, /onProgress/],
  ['an unknown key', { samples: 3 }, /Did you mean/],
  ['a text for the accuracy score', { accuracyScore: '200' }, /accuracyScore/],
  ['too few images for the accuracy score', { accuracyScore: 10 }, /accuracyScore/],
])('%s is an invalid argument', async (_, options, message) => {
  await invalid(tiny().evaluate(options), message)
})

test('images of another size do not fit', async () => {
  const dataset = { images: new Uint8Array(32), count: 2, width: 4, height: 4 }
  await refused(tiny().evaluate({ dataset }), 'ERR_DCGAN_BAD_DATASET', /4×4/)
  await refused(tiny().evaluate({ dataset: '/nowhere' }), 'ERR_DCGAN_BAD_DATASET', /nowhere/)
})
