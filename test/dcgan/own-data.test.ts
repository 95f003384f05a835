import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint'
import { DCGAN, type EpochSummary, subset } from '../../lib/index'
import { training } from '../../lib/native/engines'
import { bands, bars, kept, largestDifference, TINY, tiny } from '../support/dcgan'
import { invalid, refused } from '../support/failure'
import { folder } from '../support/folder'
import { setVariable } from '../support/variables'

// LibTorch is found before the tests move the cache folder, in which classifiers are kept.
training()
beforeEach(() => setVariable('LIBTORCH_DCGAN_HOME', folder()))

const conditional = { ...TINY, classes: 3, epochs: 1, outputDim: 1 }
const FEW = { count: 60 }

async function trained(seed = 0): Promise<DCGAN> {
  const gan = kept(new DCGAN(conditional))
  await gan.trainEpoch(bands(120, seed))
  return gan
}

test('minConfidence is refused for a model of other images, and says what to do', async () => {
  const gan = await trained()
  const message = /the images are no digits.*Call evaluate\(\) first/
  await invalid(gan.sample(1, { minConfidence: 0.5 }), message)
  const ten = kept(new DCGAN({ ...conditional, classes: 10 }))
  await ten.trainEpoch({ ...bands(30), classNames: undefined })
  await invalid(ten.saveGrid('x.png', { minConfidence: 0.5 }), message)
})

test('evaluate() compares with the images of the training, by a classifier of their own, which minConfidence then uses', async () => {
  const gan = await trained(1)
  const fractions: number[] = []
  const first = await gan.evaluate({ ...FEW, onProgress: ({ fraction }) => fractions.push(fraction) })
  expect(first.classShares).toHaveLength(3)
  expect(first.floor.labelAccuracy).toBe(1)
  expect(first.labelAccuracy).toBeDefined()
  expect(first.classifier.accuracy).toBe(1)
  expect(fractions.at(-1)).toBe(1)
  const cache = join(process.env.LIBTORCH_DCGAN_HOME as string, 'classifiers')
  expect(readdirSync(cache)).toHaveLength(1)
  expect((await gan.evaluate(FEW)).classifier).toEqual(first.classifier)
  const { confidences } = await gan.sample(3, { labels: 'middle', minConfidence: 0.1 })
  expect(confidences).toHaveLength(3)
})

test('a loaded model needs its images once, and then its classifier is found by their fingerprint', async () => {
  const file = join(folder(), 'model.safetensors')
  const gan = await trained(2)
  await gan.save(file, { only: 'generator' })
  const loaded = kept(await DCGAN.load(file, { device: 'cpu', threads: 1 }))
  await refused(
    loaded.evaluate(FEW),
    'ERR_DCGAN_BAD_DATASET',
    /trained on 120 images that are not MNIST's.*evaluate\(\{ dataset \}\)/,
  )
  await invalid(loaded.sample(1, { minConfidence: 0.1 }), /no digits/)
  const { floor } = await loaded.evaluate({ ...FEW, dataset: bands(120, 2) })
  expect(floor.labelAccuracy).toBe(1)
  expect((await loaded.sample(1, { labels: 'top', minConfidence: 0.1 })).confidences).toHaveLength(1)
})

test('images that a classifier was trained on are not reported as unseen', async () => {
  const gan = await trained(3)
  const tested = await gan.evaluate({ ...FEW, dataset: bands(60, 50) })
  const { confidences } = await gan.sample(1, { minConfidence: 0.1 })
  const divided = await gan.evaluate(FEW)
  expect([tested.unseen?.count, divided.unseen?.count, confidences.length]).toEqual([60, 60, 1])
  // The first classifier was trained on all images, and so on those that are compared with now.
  expect(divided.classifier.digest).not.toBe(tested.classifier.digest)
  const again = await gan.evaluate({ ...FEW, dataset: bands(60, 50) })
  expect(again.classifier).toEqual(tested.classifier)
})

test('the names of classes decide, where a test set has them in another order or lacks some of them', async () => {
  const gan = await trained(4)
  const tests = bands(60, 50)
  const expected = await gan.evaluate({ ...FEW, dataset: tests })
  const classNames = ['bottom', 'top', 'middle']
  const labels = tests.labels.map(label => (label + 1) % 3)
  const ordered = { ...tests, labels, classNames }
  expect(await gan.evaluate({ ...FEW, dataset: ordered })).toEqual(expected)
  const lower = Array.from(tests.labels.keys()).filter(i => tests.labels[i] !== 0)
  const two = subset(tests, lower)
  const fewer = { ...two, labels: two.labels.map(label => label - 1), classNames: ['middle', 'bottom'] }
  const { labelAccuracyByClass, unseen } = await gan.evaluate({ ...FEW, dataset: fewer })
  expect([labelAccuracyByClass?.[0], unseen?.labelAccuracy]).toEqual([Number.NaN, 1])
})

test('images without labels are compared by the shipped classifier', async () => {
  const gan = tiny()
  await gan.trainEpoch(bars(40))
  const { classShares, labelAccuracy } = await gan.evaluate({ count: 10 })
  expect([classShares.length, labelAccuracy]).toEqual([10, undefined])
})

describe('newData', () => {
  const weightsOf = async (gan: DCGAN, name: string) => {
    const file = join(folder(), 'model.safetensors')
    await gan.save(file)
    const { state } = await readState(file)
    const { data } = state.tensors.find(tensor => tensor.name === name) as { data: ArrayBuffer }
    return { weights: new Float32Array(data), state, file }
  }
  const distance = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0))

  test('begins the schedule again: the first learning rate, and not the last', async () => {
    const moved = async (newData: boolean) => {
      const gan = tiny({ genLr: [0.01, 1e-9], epochs: 9 })
      await gan.trainEpoch(bars(8))
      const before = await weightsOf(gan, 'generator.linear.weight')
      await gan.trainEpoch(bars(8, 3), { newData })
      const after = await weightsOf(gan, 'generator.linear.weight')
      return { moved: distance(before.weights, after.weights), state: after.state }
    }
    const [again, further] = [await moved(true), await moved(false)]
    expect(again.moved).toBeGreaterThan(100 * further.moved)
    expect(again.state.origin).toEqual({ step: 2, epoch: 1, batch: 0 })
    expect(further.state.origin).toBeUndefined()
  })

  test('begins the average and its warm-up again, which a state file keeps', async () => {
    const lag = async (newData: boolean) => {
      const gan = tiny({ emaDecay: 0.999, genLr: 0.01, epochs: 9 })
      for (let epoch = 0; epoch < 20; epoch++) await gan.trainEpoch(bars(8))
      await gan.trainEpoch(bars(8, 3), { newData })
      const { weights, file } = await weightsOf(gan, 'average.generator.linear.weight')
      const own = await weightsOf(gan, 'generator.linear.weight')
      return { lag: distance(weights, own.weights), file }
    }
    const [again, further] = [await lag(true), await lag(false)]
    expect(again.lag).toBeLessThan(further.lag / 3)
    const loaded = kept(await DCGAN.load(again.file))
    await loaded.trainEpoch(bars(8, 3))
    expect((await weightsOf(loaded, 'generator.linear.weight')).state.origin).toEqual({
      step: 40,
      epoch: 20,
      batch: 0,
    })
  })

  test('with the same images as before begins nothing again', async () => {
    const gan = tiny()
    await gan.trainEpoch(bars(8))
    await gan.trainEpoch(bars(8), { newData: true })
    expect((await weightsOf(gan, 'generator.linear.weight')).state.origin).toBeUndefined()
  })
})

describe('while training', () => {
  test('onEpoch is awaited after each epoch, and may sample and save', async () => {
    const gan = tiny({ epochs: 3 })
    const file = join(folder(), 'model.safetensors')
    const epochs: number[] = []
    const onEpoch = async ({ epoch, steps }: EpochSummary) => {
      await gan.sample(2)
      await gan.save(file)
      await new Promise(resolve => setTimeout(resolve, 20))
      expect(gan.epoch).toBe(epoch)
      epochs.push(epoch, steps)
    }
    await gan.train({ dataset: bars(8), outputDir: null, onEpoch })
    expect(epochs).toEqual([1, 2, 2, 2, 3, 2])
    expect(existsSync(file)).toBe(true)
  })

  test('an error of onEpoch ends training, which can continue', async () => {
    const gan = tiny({ epochs: 2 })
    const stop = new Error('stop')
    const failing = () => {
      throw stop
    }
    await expect(gan.train({ dataset: bars(8), outputDir: null, onEpoch: failing })).rejects.toBe(stop)
    expect(gan.epoch).toBe(1)
    expect((await gan.train({ dataset: bars(8), outputDir: null })).epoch).toBe(2)
  })

  test('an epoch that maxSteps cuts off is not one', async () => {
    const onEpoch = jest.fn()
    await tiny({ epochs: 2 }).train({ dataset: bars(8), outputDir: null, maxSteps: 3, onEpoch })
    expect(onEpoch).toHaveBeenCalledTimes(1)
  })

  test('evaluateEvery gives figures to onEpoch, the log and the result; keepBest keeps the best model', async () => {
    const out = folder()
    const log = join(out, 'losses.csv')
    const gan = kept(new DCGAN({ ...conditional, epochs: 3, batchSize: 40 }))
    const seen: [number, number | undefined][] = []
    const result = await gan.train({
      dataset: bands(120, 3),
      outputDir: out,
      log,
      evaluateEvery: { epochs: 1, count: 30 },
      keepBest: 'frechetDistance',
      onEpoch: ({ epoch, evaluation }) => void seen.push([epoch, evaluation?.frechetDistance]),
    })
    const distances = seen.map(([, distance]) => distance as number)
    expect(distances.every(Number.isFinite)).toBe(true)
    expect(result.evaluation?.frechetDistance).toBe(distances[2])
    const best = Math.min(...distances)
    expect(result.best).toMatchObject({ epoch: distances.indexOf(best) + 1, frechetDistance: best })
    expect(result.best?.path).toBe(join(out, 'best.safetensors'))
    const loaded = kept(await DCGAN.load(result.best?.path as string))
    expect([loaded.epoch, loaded.classNames]).toEqual([result.best?.epoch, ['top', 'middle', 'bottom']])
    const rows = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map(row => row.split(','))
    expect(rows[0]?.slice(-4)).toEqual(['frechet_distance', 'precision', 'recall', 'label_accuracy'])
    expect(rows.slice(1).map(row => [row.length, row[8] === '' ? '' : Number(row[8])])).toEqual(
      rows.slice(1).map((_, i) => [12, i % 3 === 2 ? distances[(i - 2) / 3] : '']),
    )
  })

  test.each([
    [{ evaluateEvery: 0 }, /for evaluateEvery but received 0/],
    [{ evaluateEvery: null }, /for evaluateEvery but received null/],
    [{ evaluateEvery: { epoch: 1 } }, /Unknown key "epoch" in evaluateEvery\. Did you mean epochs\?/],
    [{ evaluateEvery: { count: 1 } }, /for count but received 1/],
    [{ evaluateEvery: { labels: 'all' } }, /for labels but received "all"/],
    [{ evaluateEvery: { accuracyScore: 1 } }, /for accuracyScore but received 1/],
    [{ keepBest: 'precision' }, /'frechetDistance' for keepBest but received "precision"/],
    [
      { keepBest: 'frechetDistance', outputDir: null },
      /for keepBest but received .*Give outputDir or checkpoint too/,
    ],
    [{ onEpoch: 5 }, /a function for onEpoch but received 5/],
  ])('train() refuses %j', async (options, message) => {
    await invalid(tiny().train(options as never), message)
  })
})

test('the shipped generator becomes a whole model, which makes the same digits until it is trained', async () => {
  const [whole, shipped] = [
    kept(await DCGAN.pretrained({ trainable: true, epochs: 1, device: 'cpu', emaDecay: 0.9 })),
    kept(await DCGAN.pretrained({ device: 'cpu' })),
  ]
  expect([whole.step, whole.epoch]).toEqual([0, 0])
  expect(whole.classNames).toEqual(shipped.classNames)
  const [own, other] = await Promise.all([whole.sample(8, { seed: 5 }), shipped.sample(8, { seed: 5 })])
  expect(largestDifference(own.pixels, other.pixels)).toBeLessThan(2)
  await whole.train({ dataset: { ...bands(64), classNames: undefined }, outputDir: null })
  expect(whole.step).toBe(1)
  await refused(shipped.train(), 'ERR_DCGAN_WRONG_STATE')
  await invalid(DCGAN.pretrained({ trainable: 'yes' as never }), /true or false for trainable/)
})
