import { DcganError, type DcganErrorCode, invalidArgument } from '../errors.js'
import { SETUP } from '../internal/failure.js'
import { loading } from '../internal/loading.js'
import type { LibTorchInfo } from '../setup/find.js'
import { type OpenAddon, openAddon, openAddonIfAny } from './addon.js'
import type { NativeAddon, SamplingEngine } from './types.js'

/** The engine of a model: the addon alone, WebAssembly, or LibTorch. */
export type EngineName = 'native' | 'wasm' | 'libtorch'

/** The engine of a model that samples. */
export interface Sampling {
  name: EngineName
  engine: SamplingEngine
}

let addon: OpenAddon | undefined
let libtorch: LibTorchInfo | undefined

/**
 * Returns the engine for a model that samples: WebAssembly where there is no addon, or where LIBTORCH_DCGAN_ENGINE is
 * 'wasm'.
 *
 * @throws {DcganError} as `openAddon()` does
 */
export function sampling(): Sampling {
  if (!onlySampling()) return { name: 'native', engine: native().addon }
  const { wasmEngine } = loading(() => require('../wasm/engine.js') as typeof import('../wasm/engine.js'))
  return { name: 'wasm', engine: wasmEngine }
}

/** Returns whether models can only sample here, in WebAssembly. */
export function onlySampling(): boolean {
  if (wantsWasm()) return true
  addon ??= loading(openAddonIfAny)
  return addon === undefined
}

/**
 * Returns the addon with LibTorch, which the first call opens: half a gigabyte, so this is slow.
 *
 * @throws {DcganError} as `openAddon()` and `openLibTorch()` do
 */
export function training(): NativeAddon {
  if (wantsWasm())
    throw cannotTrain('LIBTORCH_DCGAN_ENGINE is wasm, and WebAssembly only samples: unset it to train')
  libtorch ??= loading(() =>
    (require('./libtorch.js') as typeof import('./libtorch.js')).openLibTorch(native()),
  )
  return native().addon
}

function native(): OpenAddon {
  addon ??= loading(openAddon)
  return addon
}

function wantsWasm(): boolean {
  const { LIBTORCH_DCGAN_ENGINE: wanted = '' } = process.env
  if (wanted === '' || wanted === 'wasm') return wanted === 'wasm'
  throw invalidArgument('the environment variable LIBTORCH_DCGAN_ENGINE', "'wasm' or nothing", wanted)
}

/** The error of an engine that cannot train. */
export function cannotTrain(why = 'This model runs in WebAssembly, which only samples'): DcganError {
  return new DcganError(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    `${why}. Models train on Linux with glibc 2.28 or newer, on x64 and arm64, after "${SETUP}"`,
  )
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
