import { DcganError } from '../errors.js'
import { paint } from './terminal.js'

/** Exit codes: what failed at run time, what was asked for wrongly, and 128 and the number of the signal that ended it. */
export const EXIT = { failure: 1, usage: 2, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const

/** The reason with which a signal of the system aborts a command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly signal: 'SIGINT' | 'SIGTERM'

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/** Says what went wrong and returns the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof Interrupted) return EXIT[error.signal]
  const text =
    error instanceof DcganError
      ? `${error.message} (${error.code})`
      : String((error as Error)?.stack ?? error)
  process.stderr.write(`${paint(process.stderr, 'red', 'error:')} ${text}\n`)
  return error instanceof DcganError && error.code === 'ERR_DCGAN_INVALID_ARGUMENT'
    ? EXIT.usage
    : EXIT.failure
}

/** Prints the process's warnings as a command does, without Node's decoration, but for those of `quiet` codes. */
export function showWarnings(quiet: (code: string) => boolean): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (quiet(warning.code ?? '')) return
    process.stderr.write(`${paint(process.stderr, 'yellow', 'warning:')} ${warning.message}\n`)
  })
}
