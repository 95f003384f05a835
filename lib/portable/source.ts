import { DcganError, invalidArgument } from '../errors.js'
import { checkKeys } from '../options.js'
import { isUint8Array } from '../typed-arrays.js'
import type { LoadOptions } from './generator.js'

/** A generator's file: its path, its URL or its bytes. */
export type Source = string | URL | Uint8Array | ArrayBuffer

/** Returns the bytes of a source that is bytes; otherwise undefined. */
export function bytesOf(source: Source): Uint8Array | undefined {
  if (isUint8Array(source)) return source
  return isArrayBuffer(source) ? new Uint8Array(source) : undefined
}

/** Checks the arguments of `load`. */
export function checkLoad(source: unknown, options: LoadOptions | undefined): LoadOptions {
  const { runtime } = checkKeys('the options of load()', options, ['runtime'])
  const text = typeof source === 'string' && source !== '' && !source.includes('\0')
  if (!text && !(source instanceof URL) && bytesOf(source as Source) === undefined) {
    throw invalidArgument('source', 'a path, a URL, or the bytes of a file', source)
  }
  if (runtime !== undefined && typeof (runtime as LoadOptions['runtime'])?.InferenceSession !== 'function') {
    throw invalidArgument('runtime', 'the module onnxruntime-node or onnxruntime-web', runtime)
  }
  return { runtime: runtime as LoadOptions['runtime'] }
}

/** Fetches a file. `base`: the address of the page that its URL may be relative to. */
export async function fetched(source: string | URL, base?: string): Promise<Uint8Array> {
  try {
    const response = await fetch(new URL(source, base))
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new DcganError('ERR_DCGAN_IO', `Cannot read ${source}: ${(cause as Error).message}`, { cause })
  }
}

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]'
}
