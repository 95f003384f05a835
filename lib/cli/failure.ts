import { DcganError } from '../errors.js'
import { detailsOf } from '../internal/failure.js'
import { paint } from '../internal/terminal.js'

/** Exit codes: for failures, for wrong usage, and for signals (128 plus the signal's number). */
export const EXIT = { failure: 1, usage: 2, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const

/** The abort reason of a command that Ctrl-C or SIGTERM stops. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly signal: 'SIGINT' | 'SIGTERM'

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/** Prints what went wrong and returns the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof Interrupted) return EXIT[error.signal]
  const text = error instanceof DcganError ? describe(error) : String((error as Error)?.stack ?? error)
  process.stderr.write(`${paint(process.stderr, 'red', 'error:')} ${text}\n`)
  return error instanceof DcganError && error.code === 'ERR_DCGAN_INVALID_ARGUMENT'
    ? EXIT.usage
    : EXIT.failure
}

function describe(error: DcganError): string {
  const { what, fix } = detailsOf(error)
  return `${what} (${error.code})${fix === undefined ? '' : `\n${fix.replace(/^/gm, '  ')}`}`
}

/** Prints process warnings in one line, without Node's prefix. Leaves out the codes that `quiet` accepts. */
export function showWarnings(quiet: (code: string) => boolean): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (quiet(warning.code ?? '')) return
    process.stderr.write(`${paint(process.stderr, 'yellow', 'warning:')} ${warning.message}\n`)
  })
}
