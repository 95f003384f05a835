'use strict'

/**
 * Something that the user can mend: what is wrong in `message`, the command or step that mends it in `fix`.
 * Whoever shows it shows both, and no stack.
 */
class Problem extends Error {
  /**
   * @param {string} message
   * @param {string} [fix]
   * @param {{ cause?: unknown, code?: string }} [options]
   */
  constructor(message, fix, options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    /** @type {string | undefined} */
    this.fix = fix
    /** For callers that go another way on some problems, for example 'UNREACHABLE'. @type {string | undefined} */
    this.code = options.code
  }

  /** Message and fix as one text. */
  get text() {
    return this.fix === undefined ? this.message : `${this.message}\n${indent(this.fix)}`
  }
}

/** @param {string} text */
function indent(text) {
  return text
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n')
}

/** The words of anything thrown. @param {unknown} error @returns {string} */
function reason(error) {
  if (error instanceof Error) return error.message
  // An error of another realm (Jest's) is no instance of this one's.
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message)
  return String(error)
}

/** The system's code of anything thrown, for example 'ENOENT'. @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

module.exports = { Problem, codeOf, reason }
