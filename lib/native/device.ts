import { DcganError } from '../errors.js'
import type { Device } from '../hyperparams.js'
import type { NativeInfo } from './types.js'

/** The device that a model runs on. */
export type ChosenDevice = 'cpu' | `cuda:${number}`

/**
 * Chooses a device that LibTorch offers. `own`: the number of the CUDA device that this process takes when `wanted` names
 * none.
 *
 * @throws {DcganError} `ERR_DCGAN_NO_CUDA` if `device` names CUDA and there is none
 */
export function chooseDevice(
  wanted: Device,
  info: Pick<NativeInfo, 'cuda' | 'cudaDevices'>,
  own = 0,
): ChosenDevice {
  const devices = info.cuda ? info.cudaDevices : 0
  if (wanted === 'cpu') return 'cpu'
  if (wanted === 'auto') return devices > 0 ? `cuda:${own % devices}` : 'cpu'
  const index = wanted === 'cuda' ? own : Number(wanted.slice('cuda:'.length))
  if (index < devices) return `cuda:${index}`
  throw new DcganError('ERR_DCGAN_NO_CUDA', `device is '${wanted}', but ${reason(info, devices)}`)
}

function reason(info: Pick<NativeInfo, 'cuda'>, devices: number): string {
  if (!info.cuda) {
    return (
      'this LibTorch was built without CUDA. Run "npx libtorch-dcgan setup --cuda" to fetch one with it, ' +
      "or use device 'auto' or 'cpu'"
    )
  }
  if (devices === 0) {
    return "LibTorch sees no CUDA device. Check the driver with nvidia-smi, or use device 'auto' or 'cpu'"
  }
  return `LibTorch sees ${devices} CUDA device${devices === 1 ? '' : 's'}: the last is 'cuda:${devices - 1}'`
}
