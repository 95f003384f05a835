import { type ChosenPrecision, DCGAN, type HyperParams, type Precision } from '../../lib/index'
import type { ChosenDevice } from '../../lib/native/device'
import { training } from '../../lib/native/engines'
import { choosePrecision } from '../../lib/native/precision'
import type { NativeInfo } from '../../lib/native/types'
import { code } from '../support/failure'
import { setVariable } from '../support/variables'

const SWITCH = 'LIBTORCH_DCGAN_PLAIN_BFLOAT16'

const models: DCGAN[] = []
afterEach(() => Promise.all(models.splice(0).map(model => model.dispose())))

function create(hparams: Partial<HyperParams>): DCGAN {
  const model = new DCGAN({ device: 'cpu', latentDim: 2, batchSize: 2, ...hparams })
  models.push(model)
  return model
}

const [AMD, INTEL] = ['AuthenticAMD', 'GenuineIntel']

/** The addon's description of a processor. `fused`: whether LibTorch has the products for its level. */
const processor = (level: NativeInfo['level'], vendor = INTEL, fused = true) => {
  const bfloat16 = level === 'amx' || level === 'avx512_bf16'
  return {
    level,
    vendor,
    bfloat16,
    cudaBfloat16: [] as boolean[],
    fusedStep: { float32: true, bfloat16: bfloat16 && fused },
  }
}

test('float32 is the default, and what it says', () => {
  expect(create({}).precision).toBe('float32')
  expect(create({}).hparams.precision).toBe('float32')
})

test("'auto' gives no warning, and the model says which precision was chosen", () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const model = create({ precision: 'auto' })
  expect(model.precision).toBe(choosePrecision('auto', 'cpu', training().info()))
  expect(model.hparams.precision).toBe('auto')
  expect(warn).not.toHaveBeenCalled()
})

test('bfloat16 falls back to float32 with one warning where the processor has no arithmetic for it', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  setVariable(SWITCH, undefined)
  expect(choosePrecision('bfloat16', 'cpu', processor('avx512'))).toBe('float32')
  expect(choosePrecision('bfloat16', 'cpu', processor('avx2', AMD))).toBe('float32')
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('bfloat16'), { code: 'DCGAN_NO_BFLOAT16' })
  expect(create({ precision: 'bfloat16' }).precision).toBe(
    training().info().bfloat16 ? 'bfloat16' : 'float32',
  )
  // With the switch for tests, every processor has it, and 'auto' stays what it is.
  setVariable(SWITCH, '1')
  expect(create({ precision: 'bfloat16' }).precision).toBe('bfloat16')
  expect(choosePrecision('auto', 'cpu', processor('avx512'))).toBe('float32')
  expect(warn).toHaveBeenCalledTimes(1)
})

test.each<[Precision, ChosenDevice, ReturnType<typeof processor>, ChosenPrecision]>([
  ['float32', 'cpu', processor('amx'), 'float32'],
  ['bfloat16', 'cpu', processor('amx'), 'bfloat16'],
  ['bfloat16', 'cpu', processor('avx512_bf16', INTEL), 'bfloat16'],
  ['auto', 'cpu', processor('amx', INTEL), 'bfloat16'],
  ['auto', 'cpu', processor('amx', AMD), 'bfloat16'],
  ['auto', 'cpu', processor('avx512_bf16', AMD), 'bfloat16'],
  ['auto', 'cpu', processor('avx512_bf16', INTEL), 'float32'],
  ['auto', 'cpu', processor('avx512_bf16', 'HygonGenuine'), 'float32'],
  ['auto', 'cpu', processor('avx512', AMD), 'float32'],
  ['auto', 'cpu', processor('avx2', AMD), 'float32'],
  ['auto', 'cpu', processor('avx512_bf16', AMD, false), 'float32'],
  ['auto', 'cpu', { ...processor('none', ''), bfloat16: true }, 'float32'],
  ['auto', 'cuda:1', { ...processor('avx2'), cudaBfloat16: [false, true] }, 'bfloat16'],
  ['auto', 'cuda:0', { ...processor('amx'), cudaBfloat16: [false, true] }, 'float32'],
  ['bfloat16', 'cuda:0', { ...processor('avx2'), cudaBfloat16: [false] }, 'bfloat16'],
])('%s on %s is what the processor and the device have: case %#', (wanted, device, info, chosen) => {
  expect(choosePrecision(wanted, device, info)).toBe(chosen)
})

test.each([
  [{ precision: 'half' }, /'float32', 'bfloat16' or 'auto' for precision but received .half/],
  [{ kernels: 'eager' }, /'auto' or 'plain' for kernels but received .eager/],
])('%j is refused by name', (hparams, message) => {
  expect(() => create(hparams as object)).toThrow(code('ERR_DCGAN_INVALID_ARGUMENT', message))
})
