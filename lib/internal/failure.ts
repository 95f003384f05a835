import { DcganError, type DcganErrorCode } from '../errors.js'

/** The command that fixes most failures. */
export const SETUP = 'npx libtorch-dcgan setup'

interface Details {
  /** The message without the fix. */
  what: string
  /** The command or the change that fixes it. Further lines are alternatives. */
  fix?: string | undefined
  cause?: unknown
  /** True if a server or its file cannot be reached. */
  unreachable?: boolean
}

type More = Pick<Details, 'cause' | 'unreachable'>

const details = new WeakMap<Error, Details>()

/** Makes the error of something that the user can fix. */
export function failure(code: DcganErrorCode, what: string, fix?: string, more: More = {}): DcganError {
  const advice =
    fix === undefined ? '' : ` ${/^[A-Z]\w* /.test(fix) ? '' : 'What to do: '}${fix.replaceAll('\n', '. ')}`
  const error = new DcganError(code, `${what}${advice}`, { cause: more.cause })
  details.set(error, { what, fix, ...more })
  return error
}

/** Makes the error of a library or program that is missing or does not work. */
export function missing(what: string, fix?: string, more?: More): DcganError {
  return failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, fix, more)
}

/** Makes the error of a file that cannot be fetched, read or written. */
export function ioFailure(what: string, fix: string, more?: More): DcganError {
  return failure('ERR_DCGAN_IO', what, fix, more)
}

/** Returns what an error consists of. One that `failure` did not make is a message without a fix. */
export function detailsOf(error: Error): Details {
  return details.get(error) ?? { what: error.message }
}

/** Calls `call`. If it throws a `DcganError`, puts `what` before its message and replaces its fix. */
export function explain<T>(what: string, fix: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    if (!(cause instanceof DcganError)) throw cause
    throw failure(cause.code, `${what} ${detailsOf(cause).what}`, fix, { cause })
  }
}

/** Returns what `call` returns, or undefined if it throws. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** Returns the message of anything that was thrown, in another realm too. */
export function messageOf(thrown: unknown): string {
  return String((thrown as Error | undefined)?.message ?? thrown)
}

/** Returns the code of anything that was thrown, for example 'ENOENT'. It is '' if there is none. */
export function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
