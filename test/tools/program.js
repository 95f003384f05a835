'use strict'

const { reportFailure } = require('../../dist/cli/failure.js')
const { codeOf, messageOf } = require('../../dist/internal/failure.js')
const { stopAll } = require('../../dist/setup/run.js')

/**
 * Runs a command of test/, or prints its help with --help. Ctrl-C ends the programs that it started. A failure that its
 * user can fix is printed without a stack, and ends with exit code 1; wrong options end with 2.
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
      const usage = codeOf(error).startsWith('ERR_PARSE_ARGS')
      if (usage) process.stderr.write(`${messageOf(error)}\n\n${help}\n`)
      process.exitCode = usage ? 2 : reportFailure(error)
    },
  )
}

module.exports = { runProgram }
