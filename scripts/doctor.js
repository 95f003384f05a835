#!/usr/bin/env node
'use strict'

const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { checkAddon } = require('./doctor/addon.js')
const { checkDataSet, checkStep, trySampling, tryTraining } = require('./doctor/library.js')
const { checkGpu, checkLibTorch } = require('./doctor/libtorch.js')
const { PLATFORM, libc, requirePlatform } = require('./libtorch/platform.js')
const { Problem, codeOf, reason } = require('./problem.js')
const { BUILD_TOOLS, requireNode } = require('./programs.js')

const ROOT = path.join(__dirname, '..')

const HELP = `Usage: libtorch-dcgan doctor [options]

Checks everything that the package needs, and says what is wrong and which
command fixes it.

Options:
  --json       print the report as JSON
  -h, --help   show this

The exit code is 0 if all is well, and 1 if something must be fixed.`

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {'ok' | 'note' | 'failed' | 'skipped'} status a note does no harm; a check is skipped if what it depends on
 *   failed
 * @property {string} detail
 * @property {string} [fix] the command or step that fixes it
 */

/** @typedef {Omit<Check, 'name' | 'status'> & { status?: Check['status'] }} Found */

/**
 * Facts that the checks find out for each other.
 *
 * @typedef {object} Findings
 * @property {import('./libtorch/find.js').LibTorchInfo} [libtorch]
 * @property {boolean} [building] whether the addon that is missing has to be built
 * @property {boolean} [samples] whether the addon loads
 * @property {boolean} [trains] whether it loads LibTorch
 * @property {number} [cudaDevices] the GPUs that LibTorch sees, if it loads
 */

/**
 * Makes a check, which fails with the Problem that `work` throws.
 *
 * @param {string} name
 * @param {() => string | Found | Promise<string | Found>} work
 * @param {boolean} [needed] without need, a failure is a note
 * @returns {Promise<Check>}
 */
async function check(name, work, needed = true) {
  try {
    const found = await work()
    return { name, status: 'ok', ...(typeof found === 'string' ? { detail: found } : found) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const detail = needed ? error.message : `${error.message} (Nothing has to be built.)`
    return { name, status: needed ? 'failed' : 'note', detail, ...(error.fix && { fix: error.fix }) }
  }
}

/** Describes the machine; throws if PyTorch publishes no LibTorch for it. */
function checkPlatform() {
  requirePlatform()
  const memory = `${Math.round(os.totalmem() / 1e9)} GB of memory`
  const model = os.cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${PLATFORM}, ${libc()}, ${model}, ${os.availableParallelism()} cores, ${memory}`
}

/** Examines the installation. */
async function diagnose() {
  /** @type {Findings} */
  const findings = {}
  const libtorch = await check('LibTorch', () => checkLibTorch(findings))
  const addon = await check('addon', () => checkAddon(ROOT, findings))
  const { building = false } = findings
  const checks = [
    await check('Node.js', () => requireNode(ROOT)),
    await check('platform', checkPlatform),
    ...(await Promise.all(Object.entries(BUILD_TOOLS).map(([name, tool]) => check(name, tool, building)))),
    libtorch,
    await check('GPU', () => checkGpu(findings)),
    addon,
    await check('data set', () => checkDataSet(ROOT)),
    await check('sampling', () => trySampling(ROOT, findings)),
    await check('training', () => tryTraining(ROOT, findings)),
  ]
  if (findings.cudaDevices) checks.push(await check('GPU step', () => checkStep(ROOT)))
  const { version } = require('../package.json')
  return { ok: checks.every(({ status }) => status !== 'failed'), version, checks }
}

/** @param {Awaited<ReturnType<typeof diagnose>>} report @param {NodeJS.WriteStream} stream */
function print({ ok, version, checks }, stream) {
  const colours = { ok: 32, note: 33, failed: 31, skipped: 33 }
  stream.write(`libtorch-dcgan ${version}\n\n`)
  for (const { name, status, detail, fix } of checks) {
    const word = status.padEnd(7)
    const shown = stream.isTTY && stream.hasColors() ? `\x1b[${colours[status]}m${word}\x1b[39m` : word
    const text = fix === undefined ? detail : `${detail}\n→ ${fix}`
    stream.write(`${shown}  ${name.padEnd(10)}  ${text.replaceAll('\n', `\n${' '.repeat(21)}`)}\n`)
  }
  const first = checks.find(({ status }) => status === 'failed')?.fix?.split('\n')[0]
  const verdict = ok ? 'All is well.' : `Not ready.${first === undefined ? '' : ` Begin with: ${first}`}`
  stream.write(`\n${verdict}\n`)
}

/** Runs the command. @param {string[]} args without node and the script's name @returns {Promise<number>} the exit code */
async function main(args) {
  let options
  try {
    const flags = /** @type {const} */ ({ json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } })
    options = parseArgs({ args, options: flags }).values
  } catch (error) {
    if (!codeOf(error).startsWith('ERR_PARSE_ARGS')) throw error
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

module.exports = { main }

if (require.main === module) {
  main(process.argv.slice(2)).then(code => {
    process.exitCode = code
  })
}
