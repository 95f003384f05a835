import { DcganError } from '../lib/errors.js'
import { DEFAULTS, HYPER_PARAMS, resolveHyperParams } from '../lib/hyperparams.js'

function failure(given: unknown): DcganError {
  try {
    resolveHyperParams(given as never)
  } catch (error) {
    if (error instanceof DcganError) return error
    throw error
  }
  throw new Error('resolveHyperParams accepted it')
}

test('the defaults equal the defaults of the contract', () => {
  const { seed, ...rest } = resolveHyperParams()
  expect(rest).toEqual({
    batchSize: 128,
    latentDim: 100,
    classes: 0,
    epochs: 25,
    verboseFreq: 1000,
    outputDim: 5,
    discLr: 0.0002,
    genLr: 0.0002,
    beta1: 0.9,
    beta2: 0.999,
    loss: 'bce',
    r1: 0,
    r2: 0,
    mismatch: 0,
    dropout: 0.3,
    labelSmoothing: 0,
    discSteps: 1,
    distributed: false,
    emaDecay: 0,
    device: 'auto',
    precision: 'float32',
    kernels: 'auto',
    threads: 'auto',
    maxBatch: 64,
    maxQueue: 4096,
  })
  expect(Number.isSafeInteger(seed)).toBe(true)
  expect(seed).toBeGreaterThanOrEqual(0)
})

test('a seed that is not given is drawn for each model, and one that is given is kept', () => {
  expect(resolveHyperParams().seed).not.toBe(resolveHyperParams().seed)
  expect(resolveHyperParams({ seed: 0 }).seed).toBe(0)
  expect(resolveHyperParams({ seed: Number.MAX_SAFE_INTEGER }).seed).toBe(Number.MAX_SAFE_INTEGER)
})

test('the result is frozen and complete, and undefined means the default', () => {
  const hparams = resolveHyperParams({ epochs: undefined, batchSize: 2 } as never)
  expect(Object.isFrozen(hparams)).toBe(true)
  expect(Object.keys(hparams).sort()).toEqual([...HYPER_PARAMS].sort())
  expect(hparams.epochs).toBe(DEFAULTS.epochs)
  expect(hparams.batchSize).toBe(2)
})

test.each([
  ['batchsize', 'batchSize'],
  ['batch_size', 'batchSize'],
  ['latent', 'latentDim'],
  ['epoch', 'epochs'],
  ['verbose-freq', 'verboseFreq'],
  ['disclr', 'discLr'],
  ['genLR', 'genLr'],
  ['beta', 'beta1'],
  ['sed', 'seed'],
  ['maxqueue', 'maxQueue'],
])('the unknown key %s is named with its neighbour %s', (key, neighbour) => {
  const error = failure({ [key]: 1 })
  expect(error.code).toBe('ERR_DCGAN_INVALID_ARGUMENT')
  expect(error.message).toContain(JSON.stringify(key))
  expect(error.message).toContain(`Did you mean ${neighbour}?`)
})

test.each([null, 5, 'cpu', true, [], () => 1])(
  'hyper-parameters that are no object are refused: %p',
  given => {
    expect(failure(given).message).toMatch(/^Expected an object for the hyper-parameters but received /)
  },
)

const POSITIVE =
  'batchSize latentDim epochs verboseFreq outputDim discLr genLr threads maxBatch maxQueue'.split(' ')

test.each([...POSITIVE, 'beta1', 'beta2', 'emaDecay', 'seed'])(
  '%s refuses what is no number in its range',
  key => {
    for (const bad of [null, '5', true, {}, ['1'], 5n, Number.NaN, Infinity, -1, 2 ** 60]) {
      const error = failure({ [key]: bad })
      expect(error.code).toBe('ERR_DCGAN_INVALID_ARGUMENT')
      expect(error.message).toMatch(
        new RegExp(`^Expected (an integer|a number) .*for ${key}(\\[0\\])? but received `),
      )
    }
  },
)

test.each(POSITIVE)('%s refuses 0', key => {
  expect(failure({ [key]: 0 }).message).toMatch(new RegExp(`for ${key} but received 0$`))
})

test.each([
  [{ batchSize: 1 }, /batch normalisation needs two.*batchSize but received 1$/],
  [{ batchSize: 65_537 }, /from 2 to 65536/],
  [{ batchSize: 12.5 }, /received 12\.5$/],
  [{ latentDim: 4097 }, /from 1 to 4096 for latentDim but received 4097$/],
  [{ epochs: 1_000_001 }, /from 1 to 1000000/],
  [{ outputDim: 65 }, /from 1 to 64/],
  [{ discLr: 1.01 }, /above 0 and up to 1, or a list .*for discLr but received 1\.01$/],
  [{ beta2: 1 }, /from 0 and below 1 for beta2 but received 1$/],
  [{ emaDecay: 1 }, /from 0 and below 1 for emaDecay but received 1$/],
  [{ threads: 1025 }, /from 1 to 1024 or 'auto' for threads but received 1025$/],
  [{ threads: 'all' }, /received "all"$/],
  [{ seed: 2 ** 53 }, /for seed but received 9007199254740992$/],
  [{ seed: 0.5 }, /for seed but received 0\.5$/],
  [{ device: 'gpu' }, /'cuda:N' for device but received "gpu"$/],
  [{ device: 'cuda:x' }, /received "cuda:x"$/],
  [{ device: 'cuda:01' }, /received "cuda:01"$/],
  [{ device: null }, /for device but received null$/],
  [{ device: 0 }, /for device but received 0$/],
  [{ precision: 'float16' }, /'float32', 'bfloat16' or 'auto' for precision but received "float16"$/],
])('%j is refused with what was expected and what came', (given, message) => {
  const error = failure(given)
  expect(error.code).toBe('ERR_DCGAN_INVALID_ARGUMENT')
  expect(error.message).toMatch(message)
})

test('the ends of every range are accepted', () => {
  const least = {
    batchSize: 2,
    latentDim: 1,
    epochs: 1,
    verboseFreq: 1,
    outputDim: 1,
    beta1: 0,
    beta2: 0,
    emaDecay: 0,
    seed: 0,
  }
  const most = {
    batchSize: 65_536,
    latentDim: 4096,
    epochs: 1_000_000,
    verboseFreq: 1_000_000_000,
    outputDim: 64,
    discLr: 1,
    genLr: 1,
    threads: 1024,
    maxBatch: 4096,
    maxQueue: 1_000_000,
    device: 'cuda:15',
    precision: 'bfloat16',
  } as const
  expect(resolveHyperParams(least)).toMatchObject(least)
  expect(resolveHyperParams(most)).toMatchObject(most)
})

test('step, the old name of kernels, works with one deprecation warning, and not next to the new name', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  expect(resolveHyperParams({ step: 'plain' }).kernels).toBe('plain')
  expect(resolveHyperParams({ step: 'auto' })).not.toHaveProperty('step')
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('kernels'), { type: 'DeprecationWarning', code: 'DCGAN_STEP' }],
  ])
  expect(failure({ step: 'eager' }).message).toContain("'auto' or 'plain' for step")
  expect(failure({ step: 'plain', kernels: 'plain' }).message).toContain('kernels, its new name')
})
