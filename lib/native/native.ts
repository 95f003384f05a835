import { DcganError, type DcganErrorCode } from '../errors.js'
import type { LibTorchInfo } from './libtorch.js'
import { openAddon } from './libtorch.js'
import type { NativeAddon } from './types.js'

let addon: NativeAddon | undefined
let libtorch: LibTorchInfo | undefined

/** Returns the addon. Loads it and LibTorch at the first call. */
export function native(): NativeAddon {
  if (addon === undefined) ({ addon, libtorch } = openAddon())
  return addon
}

/** Turns what the addon throws or rejects with into a `DcganError`. */
export function fromNative(failure: unknown): DcganError {
  if (failure instanceof DcganError) return failure
  const { code, message } = failure as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && code.startsWith('ERR_DCGAN_')) {
    return new DcganError(code as DcganErrorCode, String(message))
  }
  return new DcganError('ERR_DCGAN_NATIVE', String(message ?? failure), { cause: failure })
}

/** Returns where the LibTorch in use was found. */
export function libtorchInUse(): LibTorchInfo | undefined {
  return libtorch
}
