import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, loadMnist } from '../../lib/index'
import { Generator } from '../../lib/portable/node'
import { bars, equal, kept, TINY, tiny } from '../support/dcgan'
import { code, failure, invalid } from '../support/failure'
import { folder } from '../support/folder'

/** A data set of three classes with names. */
function named(count = 8) {
  return {
    ...bars(count),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
    classNames: ['A', 'B', 'C'],
  }
}

async function trained(): Promise<DCGAN> {
  const gan = tiny({ classes: 3 })
  await gan.trainEpoch(named())
  return gan
}

test('a model has the names of its data set, and a name works wherever a label does', async () => {
  const gan = await trained()
  expect(gan.classNames).toEqual(['A', 'B', 'C'])
  const batch = await gan.sample(2, { seed: 1, labels: 'B' })
  expect([...batch.labels]).toEqual([1, 1])
  expect(Array.from(batch, ({ className }) => className)).toEqual(['B', 'B'])
  const list = await gan.sample(3, { seed: 1, labels: ['C', 0, 'B'] })
  expect([...list.labels]).toEqual([2, 0, 1])
  const [byName, byNumber] = await Promise.all([
    gan.interpolate(1, 2, { label: 'C' }),
    gan.interpolate(1, 2, { label: 2 }),
  ])
  expect(equal(byName.pixels, byNumber.pixels)).toBe(true)
  await gan.saveGrid(join(folder(), 'grid.png'), { labels: ['A', 'C'] })
})

test.each([
  [{ labels: 'D' }, /an integer from 0 to 2 or one of 'A', 'B', 'C' for labels but received "D"/],
  [{ labels: ['A', 'a'] }, /for labels\[1\] but received "a"/],
])('a name that no class has is refused: %j', async (options, message) => {
  await invalid((await trained()).sample(2, options), message)
})

test('without names, a text is no label', async () => {
  const gan = tiny({ classes: 3 })
  expect(gan.classNames).toBeUndefined()
  const error = await failure(gan.sample(1, { labels: 'A' }))
  expect(error).toEqual(
    code('ERR_DCGAN_INVALID_ARGUMENT', /an integer from 0 to 2 for labels but received "A"/),
  )
})

test.each([{}, { only: 'generator' as const }])('a state file keeps the names: save(%j)', async options => {
  const file = join(folder(), 'model.safetensors')
  await (await trained()).save(file, options)
  const gan = kept(await DCGAN.load(file, { device: 'cpu' }))
  expect(gan.classNames).toEqual(['A', 'B', 'C'])
  expect([...(await gan.sample(1, { labels: 'C' })).labels]).toEqual([2])
})

test('a checkpoint keeps the names, and another data set replaces them', async () => {
  const path = join(folder(), 'checkpoint.safetensors')
  const gan = kept(new DCGAN({ ...TINY, classes: 3, epochs: 1 }))
  await gan.train({ dataset: named(), outputDir: null, checkpoint: { path } })
  const loaded = kept(await DCGAN.load(path))
  expect(loaded.classNames).toEqual(['A', 'B', 'C'])
  const { classNames, ...other } = named(4)
  await loaded.trainEpoch(other, { newData: true })
  expect(loaded.classNames).toBeUndefined()
})

test.each([
  [['A', 'A'], /all of them different, for dataset\.classNames but received an array of 2/],
  ['AB', /for dataset\.classNames but received "AB"/],
  [['A', 5], /for dataset\.classNames/],
])('names that are no list of different texts are refused: %j', async (classNames, message) => {
  await invalid(tiny({ classes: 3 }).trainEpoch({ ...named(), classNames: classNames as never }), message)
})

test('an ONNX model has a name for each class: its label, where the data set has none', async () => {
  const file = join(folder(), 'model.onnx')
  const gan = tiny({ classes: 4 })
  await gan.trainEpoch(named())
  await gan.exportOnnx(file)
  expect(readFileSync(file, 'latin1')).toContain('["A","B","C","3"]')
})

test("MNIST's classes have their digits as names", async () => {
  expect((await loadMnist()).classNames).toEqual([...'0123456789'])
  expect((await loadMnist({ split: 'test' })).classNames).toEqual([...'0123456789'])
})

describe('the generator of libtorch-dcgan/portable', () => {
  const saved = async () => {
    const file = join(folder(), 'model.safetensors')
    await (await trained()).save(file, { only: 'generator', half: true })
    return Generator.load(file)
  }

  test('has the names, and takes them as labels', async () => {
    await using generator = await saved()
    expect(generator.classNames).toEqual(['A', 'B', 'C'])
    const batch = await generator.sample(3, { seed: 1, labels: ['C', 0, 'B'] })
    expect(Array.from(batch, ({ label, className }) => [label, className])).toEqual([
      [2, 'C'],
      [0, 'A'],
      [1, 'B'],
    ])
    const [byName, byNumber] = await Promise.all([
      generator.interpolate(1, 2, { label: 'C' }),
      generator.interpolate(1, 2, { label: 2 }),
    ])
    expect(equal(byName.pixels, byNumber.pixels)).toBe(true)
    await invalid(generator.sample(1, { labels: 'D' }), /one of 'A', 'B', 'C' for labels but received "D"/)
  })

  test('refuses minConfidence for images that are no digits, without their classifier', async () => {
    await using generator = await saved()
    await invalid(
      generator.sample(1, { minConfidence: 0.5 }),
      /the images are no digits\. Give load\(\) a classifier/,
    )
  })
})
