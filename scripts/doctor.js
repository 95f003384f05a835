#!/usr/bin/env node
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { checkAddon, checkSelfTest } = require('./doctor/addon.js')
const { checkDataSet } = require('./doctor/data-set.js')
const { checkGpu, checkLibTorch } = require('./doctor/libtorch.js')
const { checkBuildTools, checkNode, checkPlatform } = require('./doctor/system.js')
const { codeOf, reason } = require('./problem.js')

const ROOT = path.join(__dirname, '..')

const HELP = `Usage: libtorch-dcgan doctor [options]

Looks at everything that the package needs, says what is wrong, and the command that mends it.

Options:
  --json       print the report as JSON
  -h, --help   show this

The exit code is 0 where all is well, and 1 where something must be mended.`

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {'ok' | 'note' | 'failed' | 'skipped'} status a note does no harm; what depends on something that
 *   failed is skipped
 * @property {string} detail
 * @property {string} [fix] the command or step that mends it
 */

/** @typedef {{ ok: boolean, version: string, checks: Check[] }} Report */

/** Examines the installation. @returns {Promise<Report>} */
async function diagnose() {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  const { check: libtorchCheck, libtorch } = checkLibTorch()
  const { check: addon, building, cudaDevices } = checkAddon(ROOT, libtorch)
  const working = addon.status === 'ok'
  const checks = [
    checkNode(ROOT),
    checkPlatform(),
    ...checkBuildTools(building),
    libtorchCheck,
    checkGpu(libtorch, cudaDevices),
    addon,
    await checkDataSet(ROOT),
    await checkSelfTest(ROOT, working),
  ]
  return { ok: checks.every(({ status }) => status !== 'failed'), version, checks }
}

/** @param {Report} report @param {NodeJS.WriteStream} stream */
function print({ ok, version, checks }, stream) {
  const colours = { ok: 32, note: 33, failed: 31, skipped: 33 }
  stream.write(`libtorch-dcgan ${version}\n\n`)
  for (const { name, status, detail, fix } of checks) {
    const word = status.padEnd(7)
    const shown = stream.isTTY && stream.hasColors() ? `\x1b[${colours[status]}m${word}\x1b[39m` : word
    const lines = [detail, ...(fix === undefined ? [] : [`→ ${fix}`])].join('\n').split('\n')
    stream.write(`${shown}  ${name.padEnd(10)}  ${lines.join(`\n${' '.repeat(21)}`)}\n`)
  }
  const first = checks.find(({ status }) => status === 'failed')?.fix?.split('\n')[0]
  const verdict = ok ? 'All is well.' : `Not ready.${first === undefined ? '' : ` Begin with: ${first}`}`
  stream.write(`\n${verdict}\n`)
}

/**
 * The command.
 *
 * @param {string[]} argv without node and the script's name
 * @returns {Promise<number>} the exit code
 */
async function main(argv) {
  let options
  try {
    options = parseArgs({
      args: argv,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values
  } catch (error) {
    if (!codeOf(error)?.startsWith('ERR_PARSE_ARGS')) throw error
    process.stderr.write(`${reason(error)}\n  libtorch-dcgan doctor --help\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const report = await diagnose()
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else print(report, process.stdout)
  return report.ok ? 0 : 1
}

module.exports = { diagnose, main }

if (require.main === module) {
  main(process.argv.slice(2)).then(code => {
    process.exitCode = code
  })
}
