'use strict'

const { Problem, codeOf, reason } = require('../../scripts/problem.js')
const { stopAll } = require('../../scripts/run.js')

/**
 * Runs a command of test/, or prints its help with --help. Ctrl-C ends the programs that it started. What its user can
 * mend is told without a stack. A Problem ends with exit code 1, and wrong options with 2.
 *
 * @param {string} help
 * @param {(args: string[]) => Promise<boolean>} main gets what stands after the script's name, and returns whether all is
 *   well: the exit code is 0 or 1
 */
function runProgram(help, main) {
  const args = process.argv.slice(2)
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(`${help}\n`)
  process.once('SIGINT', () => {
    stopAll()
    process.exit(130)
  })
  main(args).then(
    well => {
      process.exitCode = well ? 0 : 1
    },
    error => {
      const usage = /^(ERR_PARSE_ARGS|USAGE)/.test(codeOf(error))
      if (!usage && !(error instanceof Problem)) throw error
      process.stderr.write(`${usage ? `${reason(error)}\n\n${help}` : error.text}\n`)
      process.exitCode = usage ? 2 : 1
    },
  )
}

module.exports = { runProgram }
