'use strict'

const { Problem, codeOf, reason } = require('../../scripts/problem.js')
const { stopAll } = require('../../scripts/run.js')

/**
 * Runs a command of this folder. Ctrl-C ends the programs that it started. What its user can mend is told without a
 * stack: a Problem with exit code 1, wrong options with 2.
 *
 * @param {() => Promise<number>} main its exit code
 * @param {string} help
 */
function runProgram(main, help) {
  process.once('SIGINT', () => {
    stopAll()
    process.exit(130)
  })
  main().then(
    code => {
      process.exitCode = code
    },
    error => {
      const usage = codeOf(error).startsWith('ERR_PARSE_ARGS')
      if (!usage && !(error instanceof Problem)) throw error
      process.stderr.write(`${error instanceof Problem ? error.text : `${reason(error)}\n\n${help}`}\n`)
      process.exitCode = usage ? 2 : 1
    },
  )
}

module.exports = { runProgram }
