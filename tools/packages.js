'use strict'

const path = require('node:path')
const { readJson } = require('../scripts/files/disk.js')
const { Problem } = require('../scripts/problem.js')
const { run } = require('../scripts/run.js')
const { duration, line } = require('../scripts/terminal.js')

/** Installs a clone's packages if `node_modules` is absent or is not what the lock file says. @param {string} root */
async function installPackages(root) {
  if (packagesInstalled(root)) return
  const started = Date.now()
  line('Installing packages (npm ci)')
  // npm names itself to what it runs; started by hand, set-up takes the npm on PATH.
  const npm = process.env.npm_execpath
  const [program, first] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []]
  // npm runs scripts/prepare.js, and set-up compiles lib/ itself.
  const env = { ...process.env, LIBTORCH_DCGAN_SKIP_PREPARE: '1' }
  const args = [...first, 'ci', '--no-audit', '--no-fund']
  const { status, output } = await run(program, args, { cwd: root, env })
  if (status === 127)
    throw new Problem(`npm does not start: ${output}`, 'Install Node.js with npm: https://nodejs.org')
  if (status !== 0) {
    throw new Problem(
      `npm ci failed:\n${output.trim()}`,
      'Check the network and `npm config list`, then run it again.',
    )
  }
  line(`Installed packages in ${duration(Date.now() - started)}`)
}

/**
 * Whether `node_modules/.package-lock.json`, which npm writes when it is done, lists what the lock file asks for.
 *
 * @param {string} root
 */
function packagesInstalled(root) {
  /** @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }} Package */
  /** @type {Record<string, Package> | undefined} */
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages
  const present = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages
  if (wanted === undefined || present === undefined) return false
  return Object.entries(wanted).every(([name, { version, integrity, optional, devOptional }]) => {
    const there = present[name]
    // An optional package may be for another platform.
    if (name === '' || (there === undefined && (optional || devOptional))) return true
    return there !== undefined && there.version === version && there.integrity === integrity
  })
}

module.exports = { installPackages, packagesInstalled }
