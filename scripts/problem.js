'use strict'

/** The command that puts most things right. */
const SETUP = 'npx libtorch-dcgan setup'

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

/**
 * Returns what a call returns; a Problem of its begins with these words, and has this fix.
 *
 * @template T
 * @param {string} words
 * @param {string} fix
 * @param {() => T} call
 */
function explain(words, fix, call) {
  try {
    return call()
  } catch (error) {
    throw error instanceof Problem ? new Problem(`${words}: ${error.message}`, fix, { cause: error }) : error
  }
}

/** Returns what a call returns, or undefined if it throws. @template T @param {() => T} call */
function attempt(call) {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** The message of anything thrown, by another realm (Jest's) too. @param {any} error */
const reason = error => String(error?.message ?? error)

/** The code of anything thrown, for example 'ENOENT'; '' if it has none. @param {any} error */
const codeOf = error => (typeof error?.code === 'string' ? error.code : '')

module.exports = { Problem, SETUP, attempt, codeOf, explain, reason }
