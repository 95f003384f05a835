import type { Precision } from '../hyperparams.js'
import type { ChosenDevice } from './device.js'
import type { NativeConfig, NativeInfo } from './types.js'
import { warnOfFloat32 } from './warnings.js'

/** The precision that a model computes in. */
export type ChosenPrecision = 'float32' | 'bfloat16'

type Bfloat16Info = Pick<NativeInfo, 'bfloat16' | 'cudaBfloat16' | 'fusedStep' | 'level' | 'vendor'>

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
  if (wanted === 'auto') return isFaster(info) ? 'bfloat16' : 'float32'
  if (info.bfloat16 || isPlain()) return 'bfloat16'
  warnOfFloat32()
  return 'float32'
}

/**
 * Returns whether bfloat16 is faster than float32 on this processor. This is a rule and no measurement, so that a
 * model has the same precision in every run. Intel's AVX512_BF16 has half the rate of float32, AMD's twice.
 */
function isFaster({ fusedStep, level, vendor }: Bfloat16Info): boolean {
  if (!fusedStep.bfloat16) return false
  return level === 'amx' || (level === 'avx512_bf16' && vendor === 'AuthenticAMD')
}

/** Returns the addon's name of a precision on this device. */
export function nativePrecision(chosen: ChosenPrecision, device: ChosenDevice): NativeConfig['precision'] {
  return chosen === 'bfloat16' && device === 'cpu' && isPlain() ? 'plain-bfloat16' : chosen
}

/** Returns whether products in bfloat16 are plain C++, which every processor can compute. For tests alone. */
function isPlain(): boolean {
  return process.env.LIBTORCH_DCGAN_PLAIN_BFLOAT16 === '1'
}
