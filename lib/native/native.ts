import { DcganError, type DcganErrorCode } from '../errors.js'
import { loading } from '../loading.js'
import type { LibTorchInfo } from './libtorch.js'
import { openAddon } from './libtorch.js'
import type { NativeAddon, SamplingEngine } from './types.js'

/** What computes a model: the addon alone, WebAssembly, or LibTorch. */
export type EngineName = 'native' | 'wasm' | 'libtorch'

/** The engine of a model that samples. */
export interface Sampling {
  name: EngineName
  engine: SamplingEngine
}

let addon: NativeAddon | undefined
let libtorch: LibTorchInfo | undefined

/**
 * Returns the engine for a model that samples. This is the seam for every engine but the addon: it returns WebAssembly
 * where there is no addon, or where LIBTORCH_DCGAN_ENGINE is 'wasm'.
 */
export function sampling(): Sampling {
  return { name: 'libtorch', engine: training() }
}

/**
 * Returns the addon with LibTorch, which it loads at the first call.
 *
 * @throws {DcganError} as `openAddon()` does
 */
export function training(): NativeAddon {
  if (addon === undefined) ({ addon, libtorch } = loading(openAddon))
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
