import type { HyperParams } from '../hyperparams.js'
import { type ChosenDevice, chooseDevice } from './device.js'
import { type ChosenPrecision, choosePrecision, nativePrecision } from './precision.js'
import type { NativeConfig, NativeInfo } from './types.js'

/** The device and the precisions of a model. */
export interface Machine {
  device: ChosenDevice
  /** Of the training steps. */
  precision: ChosenPrecision
  /** The same for the engine, and the precision of the images. */
  native: Pick<NativeConfig, 'device' | 'precision' | 'imagePrecision'>
  /** True if `device` is `'auto'`, and LibTorch is built for CUDA and finds no device. */
  fellBack: boolean
  /** Everything outside the model that changes how a step is rounded, by name. */
  surroundings: readonly [name: string, value: string][]
}

/** The same for a model that only samples. */
export const WITHOUT_LIBTORCH: Machine = {
  device: 'cpu',
  precision: 'float32',
  native: { device: 'cpu', precision: 'float32', imagePrecision: 'float32' },
  fellBack: false,
  surroundings: [],
}

/**
 * Chooses what a model runs on that LibTorch holds. `localRank`: of a process of a distributed run.
 *
 * @throws {DcganError} `ERR_DCGAN_NO_CUDA`
 */
export function chooseMachine(
  hparams: Pick<HyperParams, 'device' | 'precision'>,
  info: NativeInfo,
  localRank: number | undefined,
): Machine {
  const device = chooseDevice(hparams.device, info, localRank)
  const precision = choosePrecision(hparams.precision, device, info)
  const computed = nativePrecision(precision, device)
  // With 'auto', a file's digits must not depend on which engine makes them, and the kernels sample in float32.
  const imagePrecision = hparams.precision === 'auto' ? 'float32' : computed
  return {
    device,
    precision,
    native: { device, precision: computed, imagePrecision },
    fellBack: info.cuda && device === 'cpu' && hparams.device === 'auto',
    surroundings: [
      ['the version of LibTorch', info.libtorch],
      ['the kind of device', device.replace(/:.*/, '')],
      ['the precision', computed],
      [
        "the processor's level (ONEDNN_MAX_CPU_ISA and ATEN_CPU_CAPABILITY lower it)",
        `${info.level}, ${info.cpuCapability}`,
      ],
    ],
  }
}

/**
 * Returns whether a model needs LibTorch even for its images: on CUDA, in bfloat16, or with LibTorch's operations. Where
 * LibTorch cannot be, the last two give way: images in float32 differ by rounding.
 */
export function needsLibTorch(
  { device, precision, kernels }: Pick<HyperParams, 'device' | 'precision' | 'kernels'>,
  onlySampling: boolean,
): boolean {
  if (device.startsWith('cuda')) return true
  return !onlySampling && (precision === 'bfloat16' || kernels === 'plain')
}
