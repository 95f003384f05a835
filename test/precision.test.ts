import { DCGAN, type HyperParams } from '../lib/index'
import { training } from '../lib/native/native'
import { choosePrecision } from '../lib/native/precision'

const models: DCGAN[] = []
afterEach(() => Promise.all(models.splice(0).map(model => model.dispose())))

function create(hparams: Partial<HyperParams>): DCGAN {
  const model = new DCGAN({ device: 'cpu', latentDim: 2, batchSize: 2, ...hparams })
  models.push(model)
  return model
}

const processor = (bfloat16: boolean, fused: boolean) => ({
  bfloat16,
  cudaBfloat16: [],
  fusedStep: { float32: true, bfloat16: fused },
})

test('float32 is the default, and what it says', () => {
  expect(create({}).precision).toBe('float32')
  expect(create({}).hparams.precision).toBe('float32')
})

test("'auto' is bfloat16 exactly where its kernels run, without a warning", () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    const model = create({ precision: 'auto' })
    expect(model.precision).toBe(training().info().fusedStep.bfloat16 ? 'bfloat16' : 'float32')
    expect(model.hparams.precision).toBe('auto')
    expect(warn).not.toHaveBeenCalled()
  } finally {
    warn.mockRestore()
  }
})

test('bfloat16 falls back to float32 with one warning where the processor has no arithmetic for it', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    expect(choosePrecision('bfloat16', 'cpu', processor(false, false))).toBe('float32')
    expect(choosePrecision('bfloat16', 'cpu', processor(false, false))).toBe('float32')
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('bfloat16'), { code: 'DCGAN_NO_BFLOAT16' })
    expect(create({ precision: 'bfloat16' }).precision).toBe(
      training().info().bfloat16 ? 'bfloat16' : 'float32',
    )
  } finally {
    warn.mockRestore()
  }
})

test.each([
  ['bfloat16', 'cpu', processor(true, false), 'bfloat16'],
  ['auto', 'cpu', processor(true, false), 'float32'],
  ['auto', 'cpu', processor(true, true), 'bfloat16'],
  ['float32', 'cpu', processor(true, true), 'float32'],
  ['auto', 'cuda:1', { ...processor(false, false), cudaBfloat16: [false, true] }, 'bfloat16'],
  ['auto', 'cuda:0', { ...processor(true, true), cudaBfloat16: [false, true] }, 'float32'],
  ['bfloat16', 'cuda:0', { ...processor(false, false), cudaBfloat16: [false] }, 'bfloat16'],
] as const)('%s on %s becomes what is there: case %#', (wanted, device, info, chosen) => {
  expect(choosePrecision(wanted, device, { ...info, cudaBfloat16: [...info.cudaBfloat16] })).toBe(chosen)
})

test.each([
  [{ precision: 'half' }, /'float32', 'bfloat16' or 'auto' for precision but received .half/],
  [{ step: 'eager' }, /'auto' or 'plain' for step but received .eager/],
])('%j is refused by name', (hparams, message) => {
  expect(() => create(hparams as object)).toThrow(
    expect.objectContaining({ code: 'ERR_DCGAN_INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  )
})

test('the plain step trains, and its first losses agree with the other step', async () => {
  const images = Uint8Array.from({ length: 8 * 784 }, (_, i) => (i * 7) % 256)
  const dataset = { images, count: 8, width: 28, height: 28 }
  const results = await Promise.all(
    (['auto', 'plain'] as const).map(step => create({ step, seed: 1, batchSize: 8 }).trainEpoch(dataset)),
  )
  const [auto, plain] = results
  expect(plain?.discLoss).toBeCloseTo(auto?.discLoss as number, 4)
  expect(plain?.genLoss).toBeCloseTo(auto?.genLoss as number, 4)
})
