import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DcganError, invalidArgument } from '../lib/errors'
import { DCGAN, ImageBatch, loadMnist } from '../lib/index'
import { chooseDevice } from '../lib/native/device'
import { fromNative } from '../lib/native/engines'
import { SpeedMeter } from '../lib/training/progress'
import { tiny } from './support/dcgan'
import { code, failure } from './support/failure'
import { folder } from './support/folder'
import { setVariable } from './support/variables'

test('a DcganError is an Error with a name, a code, a message and a cause', () => {
  const cause = new Error('why')
  const error = new DcganError('ERR_DCGAN_IO', 'what', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'DcganError', code: 'ERR_DCGAN_IO', message: 'what', cause })
  expect(String(error)).toBe('DcganError: what')
})

test.each([
  ['x'.repeat(80), `"${'x'.repeat(57)}..."`],
  [5n, '5n'],
  [() => 1, 'a function'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [[1, 2], 'an array of 2'],
  [new Float32Array(3), 'a Float32Array of 3'],
  [Object.create(null), 'an object (no prototype)'],
])('what came is described in short: %p', (value, text) => {
  expect(invalidArgument('key', 'this', value).message).toBe(`Expected this for key but received ${text}`)
})

class Odd {
  get [Symbol.toStringTag](): string {
    throw new Error('no tag')
  }
}

const THROWS = 'an object that throws when it is read'
const throwing = new Proxy({}, { get: refuse, ownKeys: refuse, getPrototypeOf: refuse, has: refuse })
const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()

function refuse(): never {
  throw new Error('do not touch')
}

test.each([
  ['a proxy that throws', throwing, THROWS],
  ['a revoked proxy', revoked, THROWS],
  [
    'a throwing constructor',
    {
      get constructor() {
        return refuse()
      },
    },
    THROWS,
  ],
  ['a constructor named by a symbol', { constructor: { name: Symbol('s') } }, THROWS],
  ['a throwing toString', { toString: refuse }, 'an object (Object)'],
  ['a throwing tag', new Odd(), 'an object (Odd)'],
  ['a class of a long name', { constructor: { name: 'x'.repeat(1e6) } }, `an object (${'x'.repeat(46)}...`],
  ['a very long symbol', Symbol('x'.repeat(100)), `Symbol(${'x'.repeat(50)}...`],
])('%s is described without an error of its own', (_, value, text) => {
  expect(invalidArgument('key', 'this', value).message).toBe(`Expected this for key but received ${text}`)
})

const options = (key: string) => Object.defineProperty({}, key, { get: refuse, enumerable: true }) as never

test.each<[string, () => unknown]>([
  ['a hyper-parameter', () => new DCGAN(options('epochs'))],
  ['hyper-parameters', () => new DCGAN(throwing as never)],
  ['a list of rates', () => new DCGAN({ discLr: [throwing] as never })],
  ['a revoked proxy of rates', () => new DCGAN({ discLr: revoked as never })],
  ['revoked options', () => tiny().sample(1, revoked as never)],
  ['an override', () => DCGAN.load('x', options('epochs'))],
  ['a split', () => loadMnist(options('split'))],
  ['a seed', () => tiny().sample(1, options('seed'))],
  ['a signal', () => tiny().sample(1, options('signal'))],
  ["a signal's state", () => tiny().sample(1, { signal: options('aborted') })],
  ['a count', () => tiny().sample(throwing as never)],
  ['a file', () => tiny().save(throwing as never)],
  ['what is saved', () => tiny().save('x', options('only'))],
  ['columns', () => tiny().saveGrid('x', options('columns'))],
  ['interpolation', () => tiny().interpolate(1, 2, 3, options('signal'))],
  ['an output folder', () => tiny().train(options('outputDir'))],
  ['a checkpoint', () => tiny().train({ checkpoint: options('path') })],
  ['a data set', () => tiny().trainEpoch(options('images'))],
  ['training', () => tiny().trainEpoch(undefined, options('onProgress'))],
  ["a grid's scale", () => new ImageBatch(new Uint8Array(784)).grid(options('scale'))],
  ["a GIF's delay", () => new ImageBatch(new Uint8Array(784)).gif(options('delay'))],
])('%s with a getter that throws is a bad argument', async (_, call) => {
  const error = await failure((async () => call())())
  expect(error).toBeInstanceOf(DcganError)
  expect(error.code).toBe('ERR_DCGAN_INVALID_ARGUMENT')
})

test('the cause of an options object that cannot be read is what its getter threw', async () => {
  const error = await failure(tiny().sample(1, options('seed')))
  expect(error.message).toContain('Cannot read the options of sample()')
  expect(error.cause).toEqual(new Error('do not touch'))
})

test('an error of the addon keeps its code; any other error is ERR_DCGAN_NATIVE with its cause', () => {
  const known = fromNative({ code: 'ERR_DCGAN_BUSY', message: 'an epoch runs' })
  expect(known).toBeInstanceOf(DcganError)
  expect(known).toMatchObject({ code: 'ERR_DCGAN_BUSY', message: 'an epoch runs' })
  const foreign = new TypeError('odd')
  expect(fromNative(foreign)).toMatchObject({ code: 'ERR_DCGAN_NATIVE', message: 'odd', cause: foreign })
  expect(fromNative({ code: 'EOTHER', message: 'x' }).code).toBe('ERR_DCGAN_NATIVE')
  expect(fromNative(known)).toBe(known)
})

describe('the device', () => {
  const gpus = (cudaDevices: number) => ({ cuda: true, cudaDevices })
  const none = { cuda: false, cudaDevices: 0 }

  test.each([
    ['auto', none, 'cpu'],
    ['auto', gpus(0), 'cpu'],
    ['auto', gpus(2), 'cuda:0'],
    ['cpu', gpus(2), 'cpu'],
    ['cuda', gpus(1), 'cuda:0'],
    ['cuda:1', gpus(2), 'cuda:1'],
  ] as const)('%s with %j is %s', (wanted, info, chosen) => {
    expect(chooseDevice(wanted, info)).toBe(chosen)
  })

  test.each([
    ['cuda', none, /built without CUDA.*setup --cuda/],
    ['cuda', gpus(0), /no CUDA device.*nvidia-smi/],
    ['cuda:2', gpus(2), /2 CUDA devices: the last is 'cuda:1'/],
  ] as const)('%s with %j is an error that says what to do', (wanted, info, message) => {
    expect(() => chooseDevice(wanted, info)).toThrow(code('ERR_DCGAN_NO_CUDA', message))
  })
})

test('the speed is the mean of the last ten seconds', () => {
  const meter = new SpeedMeter()
  expect(meter.imagesPerSecond).toBe(0)
  for (let second = 0; second <= 60; second++)
    meter.mark(second < 30 ? second * 10 : 300 + (second - 30) * 100, second * 1000)
  expect(meter.imagesPerSecond).toBeCloseTo(100, 6)
})

test('an addon that cannot find LibTorch says how to get it, and the next try may succeed', () => {
  const { LIBTORCH } = process.env
  const empty = join(folder(), 'empty')
  mkdirSync(empty)
  setVariable('LIBTORCH', empty)
  jest.isolateModules(() => {
    const library = require('../lib/index') as typeof import('../lib/index')
    const make = () => new library.DCGAN({ device: 'cpu' })
    expect(make).toThrow(code('ERR_DCGAN_NATIVE_NOT_FOUND', 'npx libtorch-dcgan setup'))
    setVariable('LIBTORCH', LIBTORCH)
    expect(make().device).toBe('cpu')
  })
})
