import { DcganError } from '../errors.js'

/** Ends reading with `ERR_DCGAN_BAD_CHECKPOINT`: `what` is wrong in the file, and what can be done about it. */
export type Fail = (what: string, more?: { advice?: string; cause?: unknown }) => never

const DAMAGED =
  'It is damaged or was not written by libtorch-dcgan: load another state file, or an older checkpoint'

/** The `Fail` that names this file in its messages. */
export function failureIn(file: string): Fail {
  return (what, { advice = DAMAGED, cause } = {}) => {
    throw new DcganError('ERR_DCGAN_BAD_CHECKPOINT', `Cannot load ${file}: ${what}. ${advice}`, { cause })
  }
}

/** A name out of a file as it may stand in a message: quoted, escaped and short. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}...` : name)
}
