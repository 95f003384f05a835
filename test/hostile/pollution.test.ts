import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, ImageBatch } from '../../lib/index'
import { bars, kept, TINY, tiny } from '../support/dcgan'
import { failure } from '../support/failure'
import { folder } from '../support/folder'

/** Runs `work` while every object inherits these properties. */
async function polluted<T>(properties: object, work: () => Promise<T>): Promise<T> {
  const { prototype } = Object
  const descriptors = Object.getOwnPropertyDescriptors(properties)
  for (const descriptor of Object.values(descriptors)) descriptor.enumerable = false
  Object.defineProperties(prototype, descriptors)
  try {
    return await work()
  } finally {
    for (const key of Object.keys(properties)) Reflect.deleteProperty(prototype, key)
  }
}

/** Properties that an attacker may put there, each of them a good value of an option. */
const OPTIONS = {
  seed: 99,
  latents: new Float32Array(8).fill(1),
  labels: 2,
  label: 2,
  minConfidence: 0.9,
  columns: 1,
  scale: 3,
  order: 'columns',
  gap: 2,
  invert: true,
  delay: 50,
  lastDelay: 50,
  repeat: 3,
  only: 'generator',
  half: true,
  output: 'uint8',
  latentDim: 9,
  classes: 3,
  outputDim: 3,
  maxQueue: 1,
  batchSize: 7,
  loss: 'relativistic',
  split: 'test',
  durable: true,
}

test('properties of Object.prototype are no options of any call', async () => {
  const gan = tiny()
  const path = folder()
  const outputs = async (name: string) => {
    const file = (ending: string) => join(path, name + ending)
    const batch = await gan.sample(2, { seed: 3 })
    await gan.saveGrid(file('.png'))
    await gan.save(file('.safetensors'))
    await gan.exportOnnx(file('.onnx'))
    const loaded = kept(await DCGAN.load(file('.safetensors')))
    const { pixels } = await gan.interpolate(1, 2, 3)
    const { pixels: fixed } = await loaded.sample(1, { seed: 4 })
    const { seed, ...hparams } = kept(new DCGAN({ device: 'cpu', threads: 1 })).hparams
    return {
      pixels: [batch.pixels, pixels, fixed],
      labels: Object.hasOwn(batch, 'labels'),
      pictures: [await batch.grid(), await batch.gif(), await new ImageBatch(batch.pixels).png(1)],
      files: ['.png', '.safetensors', '.onnx'].map(ending => readFileSync(file(ending))),
      hparams: { ...hparams, drawn: seed !== OPTIONS.seed },
      loaded: { ...loaded.hparams },
    }
  }
  const clean = await outputs('clean')
  expect(await polluted(OPTIONS, () => outputs('polluted'))).toEqual(clean)
})

test('a signal of Object.prototype does not end a call', async () => {
  const gan = tiny()
  expect((await polluted({ signal: AbortSignal.abort() }, () => gan.sample(1))).count).toBe(1)
})

test('a log or a folder of Object.prototype is not written', async () => {
  const path = folder()
  const names = ['log', 'tensorboard', 'outputDir', 'checkpoint']
  const pollution = Object.fromEntries(names.map(name => [name, join(path, name)]))
  const gan = tiny()
  await polluted({ ...pollution, checkpoint: { path: join(path, 'checkpoint') } }, () =>
    gan.train({ dataset: bars(8), outputDir: null, maxSteps: 1 }),
  )
  expect(readdirSync(path)).toEqual([])
})

test('the permissions of a new file do not come from Object.prototype', async () => {
  const file = join(folder(), 'grid.png')
  await polluted({ mode: 0o777 }, () => tiny().saveGrid(file))
  expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask())
})

test('options of a class, and of an object that others are made from, are read', async () => {
  class Options {
    get seed() {
      return 3
    }
  }
  const gan = tiny()
  const { pixels } = await gan.sample(1, { seed: 3 })
  for (const options of [new Options(), Object.create({ seed: 3 })]) {
    expect((await gan.sample(1, options)).pixels).toEqual(pixels)
  }
  const endless: object = new Proxy({}, { getPrototypeOf: () => endless })
  expect((await gan.sample(1, endless)).count).toBe(1)
  expect((await failure(gan.sample(1, Object.assign(Object.create(null), { sead: 1 })))).code).toBe(
    'ERR_DCGAN_INVALID_ARGUMENT',
  )
  expect(kept(new DCGAN(Object.assign(Object.create(null), TINY))).hparams.seed).toBe(TINY.seed)
})
