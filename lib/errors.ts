/** Every code that a `DcganError` can have. Codes are stable: branch on them, not on messages. */
export type DcganErrorCode =
  | 'ERR_DCGAN_INVALID_ARGUMENT'
  | 'ERR_DCGAN_NATIVE_NOT_FOUND'
  | 'ERR_DCGAN_LIBTORCH_MISMATCH'
  | 'ERR_DCGAN_NO_CUDA'
  | 'ERR_DCGAN_BUSY'
  | 'ERR_DCGAN_WRONG_STATE'
  | 'ERR_DCGAN_OVERLOADED'
  | 'ERR_DCGAN_DISPOSED'
  | 'ERR_DCGAN_BAD_DATASET'
  | 'ERR_DCGAN_BAD_CHECKPOINT'
  | 'ERR_DCGAN_DIVERGED'
  | 'ERR_DCGAN_IO'
  | 'ERR_DCGAN_PEER'
  | 'ERR_DCGAN_NATIVE'

/**
 * The one class of errors that this package throws. It has a stable `code`, a `message` that says what to do next, and
 * the `cause`.
 *
 * @example
 * import { DCGAN, DcganError } from 'libtorch-dcgan'
 *
 * try {
 *   await DCGAN.load('nowhere.safetensors')
 * } catch (error) {
 *   if (!(error instanceof DcganError) || error.code !== 'ERR_DCGAN_IO') throw error
 *   console.error(error.message)
 * }
 */
export class DcganError extends Error {
  /** `'DcganError'`, which stays when a bundler renames the class. */
  override readonly name = 'DcganError'
  /** The kind of failure, for programs. `message` says it to people. */
  readonly code: DcganErrorCode

  constructor(code: DcganErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/**
 * Makes the error for a bad argument. It names the key, the expected value and the received one, and `why`, if the value
 * is only bad in this situation.
 */
export function invalidArgument(key: string, expected: string, received: unknown, why?: string): DcganError {
  const reason = why === undefined ? '' : `: ${why}`
  return new DcganError(
    'ERR_DCGAN_INVALID_ARGUMENT',
    `Expected ${expected} for ${key} but received ${describe(received)}${reason}`,
  )
}

/** Makes the error for images that cannot be read or do not fit. */
export function badDataset(message: string, cause?: unknown): DcganError {
  return new DcganError('ERR_DCGAN_BAD_DATASET', message, cause === undefined ? {} : { cause })
}

/** Makes the error of calls to a disposed model, and of calls that were under way then. */
export function disposed(): DcganError {
  return new DcganError('ERR_DCGAN_DISPOSED', 'The model was disposed of. Make or load another one')
}

/** Describes any value briefly, for an error message. Never throws, not even for a proxy or a getter that does. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value))
  // It takes long to write out a large bigint.
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? `${value}n` : 'a large bigint'
  if (typeof value === 'function') return 'a function'
  if (value === null || typeof value !== 'object') return shortened(String(value))
  try {
    return shortened(describeObject(value))
  } catch {
    return 'an object that throws when it is read'
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name = value.constructor?.name ?? 'no prototype'
  return ArrayBuffer.isView(value) && 'length' in value
    ? `a ${name} of ${value.length}`
    : `an object (${name})`
}

/** Shortens a text of the caller's for a message. */
export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
