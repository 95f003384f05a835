import { DcganError, type DcganErrorCode } from '../errors.js'
import type { LibTorchInfo } from './libtorch.js'
import { openAddon } from './libtorch.js'
import type { NativeAddon } from './types.js'

let addon: NativeAddon | undefined
let libtorch: LibTorchInfo | undefined

/** The addon, loaded with LibTorch at its first use. */
export function native(): NativeAddon {
  if (addon === undefined) ({ addon, libtorch } = openAddon())
  return addon
}

/** What the addon rejects with, or throws, as a `DcganError`. */
export function fromNative(failure: unknown): DcganError {
  if (failure instanceof DcganError) return failure
  const { code, message } = failure as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && code.startsWith('ERR_DCGAN_')) {
    return new DcganError(code as DcganErrorCode, String(message))
  }
  return new DcganError('ERR_DCGAN_NATIVE', String(message ?? failure), { cause: failure })
}

/** Where the LibTorch in use was found. */
export function libtorchInUse(): LibTorchInfo | undefined {
  return libtorch
}
