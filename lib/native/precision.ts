import type { Precision } from '../hyperparams.js'
import type { ChosenDevice } from './device.js'
import type { NativeInfo } from './types.js'

/** The precision that a model computes in. */
export type ChosenPrecision = 'float32' | 'bfloat16'

type Bfloat16Info = Pick<NativeInfo, 'bfloat16' | 'cudaBfloat16' | 'fusedStep'>

/** Chooses the precision on this device: bfloat16 only if the device has arithmetic for it. */
export function choosePrecision(
  wanted: Precision,
  device: ChosenDevice,
  info: Bfloat16Info,
): ChosenPrecision {
  if (wanted === 'float32') return wanted
  if (device !== 'cpu') {
    const has = info.cudaBfloat16[Number(device.slice('cuda:'.length))] === true
    return has || wanted === 'bfloat16' ? 'bfloat16' : 'float32'
  }
  if (wanted === 'auto') return info.fusedStep.bfloat16 ? 'bfloat16' : 'float32'
  if (info.bfloat16) return 'bfloat16'
  warnOfFloat32()
  return 'float32'
}

let warned = false

/** Warns once per process that a model computes in float32 although `precision` is `'bfloat16'`. */
function warnOfFloat32(): void {
  if (warned) return
  warned = true
  process.emitWarning(
    "This processor has no bfloat16 arithmetic: models run in float32. Set precision to 'auto' to allow this " +
      'without a warning',
    { code: 'DCGAN_NO_BFLOAT16' },
  )
}
