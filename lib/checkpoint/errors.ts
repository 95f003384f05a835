import { DcganError, shortened } from '../errors.js'

/** Throws `ERR_DCGAN_BAD_CHECKPOINT`. Its message says `what` is wrong in the file, and then the advice. */
export type Fail = (what: string, more?: { advice?: string; cause?: unknown }) => never

const DAMAGED =
  'It is damaged or was not written by libtorch-dcgan: load another state file, or an older checkpoint'

/** Makes the `Fail` that names this file in its messages. */
export function failureIn(file: string): Fail {
  return (what, { advice = DAMAGED, cause } = {}) => {
    throw new DcganError('ERR_DCGAN_BAD_CHECKPOINT', `Cannot load ${file}: ${what}. ${advice}`, { cause })
  }
}

/** Prepares a name from a file for a message: quoted, escaped and short. */
export function quoted(name: string): string {
  return JSON.stringify(shortened(name))
}
