'use strict'

/** Something that the user can fix: `message` says what is wrong, `fix` the command or step against it. */
class Problem extends Error {
  /**
   * @param {string} message
   * @param {string} [fix]
   * @param {{ cause?: unknown, code?: string }} [options] `code`: for callers that handle some problems, such as
   *   'UNREACHABLE'
   */
  constructor(message, fix, { cause, code } = {}) {
    super(message, { cause })
    this.name = 'Problem'
    this.fix = fix
    this.code = code
  }

  /** Message and fix as one text. */
  get text() {
    return this.fix === undefined ? this.message : `${this.message}\n${this.fix.replace(/^/gm, '  ')}`
  }
}

/** The message of anything thrown, by another realm (Jest's) too. @param {any} error */
const reason = error => String(error?.message ?? error)

/** The code of anything thrown, for example 'ENOENT'; '' if it has none. @param {any} error */
const codeOf = error => (typeof error?.code === 'string' ? error.code : '')

module.exports = { Problem, codeOf, reason }
