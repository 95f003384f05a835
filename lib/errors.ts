/** Every code that a `DcganError` can carry. They are stable: branch on them, not on messages. */
export type DcganErrorCode =
  | 'ERR_DCGAN_INVALID_ARGUMENT'
  | 'ERR_DCGAN_NATIVE_NOT_FOUND'
  | 'ERR_DCGAN_LIBTORCH_MISMATCH'
  | 'ERR_DCGAN_NO_CUDA'
  | 'ERR_DCGAN_BUSY'
  | 'ERR_DCGAN_OVERLOADED'
  | 'ERR_DCGAN_DISPOSED'
  | 'ERR_DCGAN_BAD_DATASET'
  | 'ERR_DCGAN_BAD_CHECKPOINT'
  | 'ERR_DCGAN_DIVERGED'
  | 'ERR_DCGAN_IO'
  | 'ERR_DCGAN_NATIVE'

/**
 * The one error that this package throws: a stable `code`, what to do next in `message`, and the `cause`.
 *
 * @example
 * import { DCGAN, DcganError } from 'libtorch-dcgan'
 *
 * try {
 *   await DCGAN.load('nowhere.safetensors')
 * } catch (error) {
 *   if (!(error instanceof DcganError) || error.code !== 'ERR_DCGAN_BAD_CHECKPOINT') throw error
 *   console.error(error.message)
 * }
 */
export class DcganError extends Error {
  /** `'DcganError'`, which stays when a bundler renames the class. */
  override readonly name = 'DcganError'
  /** What went wrong, for a program; `message` says it to a person. */
  readonly code: DcganErrorCode

  constructor(code: DcganErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/**
 * The error for a bad argument: names the key, what was expected and what came.
 *
 * @internal
 */
export function invalidArgument(key: string, expected: string, received: unknown): DcganError {
  return new DcganError(
    'ERR_DCGAN_INVALID_ARGUMENT',
    `Expected ${expected} for ${key} but received ${describe(received)}`,
  )
}

/** A short, safe rendering of any value for an error message. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (ArrayBuffer.isView(value) && 'length' in value) return `a ${value.constructor.name} of ${value.length}`
  return `an object (${value.constructor?.name ?? 'no prototype'})`
}
