import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, type HyperParamOptions, recipes } from '../../lib/index'
import { bands, kept, largestDifference, tiny } from '../support/dcgan'
import { invalid, refused } from '../support/failure'
import { folder } from '../support/folder'

const create = (hparams: HyperParamOptions = {}) =>
  tiny({ classes: 3, latentDim: 4, batchSize: 8, seed: 1, ...hparams })

test('an image is a function of its seed, its label and the weights, in any company', async () => {
  const gan = create()
  const labels = [2, 0, 1, 1, 0]
  const all = await gan.sample(5, { seed: 4, labels })
  expect([...(all.labels as Uint8Array)]).toEqual(labels)
  const [first, many, again] = await Promise.all([
    gan.sample(1, { seed: 4, labels: 2 }),
    gan.sample(70, { seed: 4, labels: Uint8Array.from({ length: 70 }, (_, i) => labels[i % 5] as number) }),
    gan.sample(5, { seed: 4, labels: new Float64Array(labels) }),
  ])
  expect(first?.image(0)).toEqual(all.image(0))
  expect(many?.image(3)).toEqual(all.image(3))
  expect(again?.pixels).toEqual(all.pixels)
  expect((await gan.sample(1, { seed: 4, labels: 1 })).pixels).not.toEqual(first?.pixels)
})

test('without labels they are drawn from the seed, each class about as often', async () => {
  const gan = create()
  const { labels } = await gan.sample(300, { seed: 9 })
  const counts = [0, 1, 2].map(label => labels?.filter(each => each === label).length ?? 0)
  expect(Math.min(...counts)).toBeGreaterThan(60)
  expect((await gan.sample(300, { seed: 9 })).labels).toEqual(labels)
  expect((await gan.sample(300, { seed: 10 })).labels).not.toEqual(labels)
  expect((await gan.sample(2, { seed: 9 })).labels).toEqual(labels?.subarray(0, 2))
})

test('it learns what its labels say', async () => {
  const gan = create({ epochs: 6, beta1: 0.5, discLr: 0.001, genLr: 0.001 })
  await gan.train({ dataset: bands(96), outputDir: null })
  const { pixels } = await gan.sample(30, { seed: 2, labels: Array.from({ length: 30 }, (_, i) => i % 3) })
  const light = (image: number, band: number) =>
    pixels.subarray(image * 784 + band * 252, image * 784 + band * 252 + 224).reduce((a, b) => a + b, 0)
  const right = Array.from({ length: 30 }, (_, i) => {
    const bandsOf = [0, 1, 2].map(band => light(i, band))
    return bandsOf.indexOf(Math.max(...bandsOf)) === i % 3
  })
  expect(right.filter(Boolean).length).toBeGreaterThan(25)
})

test('a generator alone keeps its labels, in half precision too', async () => {
  const gan = create()
  const file = join(folder(), 'generator.safetensors')
  await gan.save(file, { only: 'generator', half: true })
  const loaded = kept(await DCGAN.load(file, { device: 'cpu' }))
  const wanted = { seed: 3, labels: [0, 1, 2] }
  const [mine, theirs] = [await gan.sample(3, wanted), await loaded.sample(3, wanted)]
  expect(theirs.labels).toEqual(mine.labels)
  expect(largestDifference(theirs.pixels, mine.pixels)).toBeLessThanOrEqual(1)
  await invalid(
    DCGAN.load(file, { classes: 4 }),
    /3 for classes but received 4: the model in .* was made with 3/,
  )
})

test('interpolation keeps one label, the given one or the first that fromSeed draws', async () => {
  const gan = create()
  const given = await gan.interpolate(1, 2, 4, { label: 2 })
  expect([...(given.labels as Uint8Array)]).toEqual([2, 2, 2, 2])
  expect(given.image(0)).toEqual((await gan.sample(1, { seed: 1, labels: 2 })).image(0))
  const drawn = await gan.interpolate(1, 2, 4)
  const [label] = (await gan.sample(1, { seed: 1 })).labels as Uint8Array
  expect([...new Set(drawn.labels)]).toEqual([label])
})

test('without classes there are no labels, and none are taken', async () => {
  const gan = create({ classes: 0 })
  expect((await gan.sample(2)).labels).toBeUndefined()
  await invalid(gan.sample(1, { labels: 1 }), /nothing for labels but received 1: the model has no classes/)
})

test.each([
  [3, /from 0 to 2 for labels but received 3/],
  [-1, /from 0 to 2 for labels but received -1/],
  [[0], /label from 0 to 2, or a list of 2, for labels/],
  [[0, 1.5], /for labels\[1\] but received 1.5/],
  [[0, '1'], /for labels\[1\]/],
  ['12', /for labels but received "12"/],
  [null, /for labels but received null/],
])('labels %j are refused by name', async (labels, message) => {
  await invalid(create().sample(2, { labels: labels as number }), message)
})

test('saveGrid() makes an image for each label of a list', async () => {
  const gan = create()
  const file = join(folder(), 'grid.png')
  const labels = [0, 1, 2, 2, 1]
  await gan.saveGrid(file, { seed: 3, labels })
  expect(readFileSync(file)).toEqual(await (await gan.sample(5, { seed: 3, labels })).grid())
  for (const wrong of [[], [7], { length: 'x' }, { length: 2 ** 50 }]) {
    await invalid(gan.saveGrid(file, { labels: wrong as number[] }), /labels|count/)
  }
})

test('a data set without labels, or with others than the classes, is refused', async () => {
  const gan = create()
  const { labels, ...unlabelled } = bands(6)
  await refused(gan.trainEpoch(unlabelled), 'ERR_DCGAN_BAD_DATASET', /no labels/)
  await refused(
    gan.trainEpoch({ ...unlabelled, labels: labels?.map(() => 3) }),
    'ERR_DCGAN_BAD_DATASET',
    /image 0 has the label 3, and the model has 3 classes/,
  )
})

test("the tutorial's recipe holds the default of every hyper-parameter but the seed", () => {
  const { seed: _, ...defaults } = new DCGAN().hparams
  expect(recipes.tutorial).toEqual(defaults)
})

test('a recipe can be spread, and not changed', () => {
  expect(() => Object.assign(recipes.best, { seed: 1 })).toThrow(TypeError)
  expect(create({ ...recipes.best }).hparams).toMatchObject(recipes.best)
  expect(create({ ...recipes.tutorial }).hparams).toMatchObject(recipes.tutorial)
})
