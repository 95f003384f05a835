import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import * as library from '../../lib/index'
import { DCGAN, DcganError } from '../../lib/index'
import { training } from '../../lib/native/engines'
import { bars, TINY, tiny } from '../support/dcgan'
import { code, failure } from '../support/failure'

test('the package exports what the contract names', () => {
  const names = 'DCGAN DcganError ImageBatch animate loadImages loadMnist recipes subset writeDataset'
  expect(Object.keys(library).sort().join(' ')).toBe(names)
})

test('import gives the same names as require()', async () => {
  const module = join(__dirname, '..', '..', 'dist', 'index.mjs')
  const script = `import * as library from ${JSON.stringify(module)}; console.log(Object.keys(library).sort().join())`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  expect(stdout.trim().split(',')).toEqual(Object.keys(library).sort())
})

test('a new model has its hyper-parameters and its device, and is untrained', () => {
  const gan = tiny()
  expect(gan.hparams).toMatchObject({ ...TINY, epochs: 25 })
  expect(Object.isFrozen(gan.hparams)).toBe(true)
  expect(gan.device).toBe('cpu')
  expect(gan.step).toBe(0)
  expect(gan.epoch).toBe(0)
})

test('a seed that was drawn can be read and makes the same model again', async () => {
  const gan = tiny({ seed: undefined } as never)
  const again = tiny({ seed: gan.hparams.seed })
  const [a, b] = await Promise.all([gan.sample(2, { seed: 1 }), again.sample(2, { seed: 1 })])
  expect(a.pixels).toEqual(b.pixels)
  const other = await tiny({ seed: gan.hparams.seed + 1 }).sample(2, { seed: 1 })
  expect(other.pixels).not.toEqual(a.pixels)
})

test('a bad hyper-parameter is refused by the constructor, before the addon is called', () => {
  expect(() => new DCGAN({ batchSize: 0 })).toThrow(DcganError)
  expect(() => new DCGAN({ device: 'cuda', epochs: -1 })).toThrow(/for epochs but received -1/)
})

test.each(['cuda', 'cuda:0', 'cuda:7'] as const)('%s without CUDA is an error at construction', device => {
  expect(() => new DCGAN({ device })).toThrow(code('ERR_DCGAN_NO_CUDA', `'${device}'`))
})

test("'auto' without a CUDA device warns once per process, when training starts, if LibTorch is built for CUDA", async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const addon = training()
  const info = jest.spyOn(addon, 'info')
  const onCpuBuild = tiny({ device: 'auto' })
  await onCpuBuild.trainEpoch(bars(4))
  expect(warn).not.toHaveBeenCalled()
  info.mockReturnValue({ ...addon.info(), cuda: true, cudaDevices: 0 })
  const models = [tiny({ device: 'auto' }), tiny({ device: 'auto' }), tiny({ device: 'cpu' })]
  await models[0]?.sample()
  expect(warn).not.toHaveBeenCalled()
  for (const model of models) await model.trainEpoch(bars(4))
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('CPU'), { code: 'DCGAN_NO_CUDA' })
})

test('console.log shows device, precision, step, epoch and the hyper-parameters of its own, in five lines', async () => {
  const gan = tiny({ genLr: [0.001, 0.0005, 0.0002, 0.0001] })
  await gan.trainEpoch(bars(8))
  expect(inspect(gan).split('\n')).toEqual([
    "DCGAN { device: 'cpu',",
    "  precision: 'float32',",
    '  step: 2,',
    '  epoch: 1,',
    expect.stringMatching(
      /^ {2}hparams: \{ .*latentDim: 8.* genLr: \[ 0\.001, 0\.0005, 0\.0002, \.\.\. 1 more item \].*seed: 7.* \} \}$/,
    ),
  ])
  expect(inspect(gan)).not.toContain('beta1')
})

test('a training step that could not be captured in a graph is a warning, once per process', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const addon = training()
  const { trainEpoch } = addon
  jest
    .spyOn(addon, 'trainEpoch')
    .mockImplementation(async (...args) => ({ ...(await trainEpoch(...args)), captureFailure: 'no memory' }))
  const gan = tiny({ device: 'cpu' })
  for (let i = 0; i < 2; i++) await gan.trainEpoch(bars(4))
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/slower.*no memory.*kernels to 'plain'/), {
    code: 'DCGAN_NO_GRAPH',
  })
})

test('dispose() is idempotent, and every later call rejects', async () => {
  const gan = tiny()
  await gan.sample()
  await Promise.all([gan.dispose(), gan.dispose()])
  await gan.dispose()
  await gan[Symbol.asyncDispose]()
  const calls = {
    train: gan.train({ dataset: bars(4) }),
    trainEpoch: gan.trainEpoch(bars(4)),
    sample: gan.sample(),
    interpolate: gan.interpolate(1, 2),
    saveGrid: gan.saveGrid('never.png'),
    save: gan.save('never.safetensors'),
  }
  for (const [name, call] of Object.entries(calls)) {
    expect([name, await failure(call)]).toEqual([
      name,
      expect.objectContaining({ code: 'ERR_DCGAN_DISPOSED' }),
    ])
  }
  expect(gan.stats).toEqual({ waiting: 0, served: 1, forwards: 1, lastBatch: 1 })
  expect(gan.hparams.seed).toBe(TINY.seed)
  expect(gan.step).toBe(0)
})

test('a model that was never used is disposed of', async () => {
  await tiny().dispose()
})

test('requests that wait when the model is disposed of reject', async () => {
  const gan = tiny({ maxQueue: 10_000 })
  // The first ones may be made already; 5,760 images take longer than the way to dispose().
  const requests = Array.from({ length: 100 }, (_, i) => gan.sample(64, { seed: i }).catch(error => error))
  const last = gan.dispose()
  expect(gan.stats.waiting).toBe(0)
  const codes = (await Promise.all(requests.slice(10))).map(error => error.code)
  expect(new Set(codes)).toEqual(new Set(['ERR_DCGAN_DISPOSED']))
  await last
})
