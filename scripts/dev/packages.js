'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { run } = require('../run.js')
const { duration } = require('../terminal.js')

/**
 * Installs a clone's packages where `node_modules` is absent or is not what the lock file says.
 *
 * @param {string} root
 * @param {import('../terminal.js').Output} terminal
 * @returns {Promise<boolean>} whether anything was done
 */
async function installPackages(root, terminal) {
  if (packagesInstalled(root)) return false
  const started = Date.now()
  terminal.line('Installing packages (npm ci)')
  // npm names itself to what it runs; started by hand, set-up takes the npm on PATH.
  const npm = process.env.npm_execpath
  const [program, first] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []]
  // Our own install script must not start a set-up inside the set-up.
  const env = { ...process.env, LIBTORCH_DCGAN_SKIP_SETUP: '1' }
  const { status, output } = await run(program, [...first, 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    env,
  })
  if (status === 127)
    throw new Problem(`npm does not start: ${output}`, 'Install Node.js with npm: https://nodejs.org')
  if (status !== 0) {
    throw new Problem(
      `npm ci failed:\n${output.trim()}`,
      'Look at the network and at `npm config list`, then run it again.',
    )
  }
  terminal.line(`Installed packages in ${duration(Date.now() - started)}`)
  return true
}

/**
 * npm writes `node_modules/.package-lock.json` when it is done; what it lists must be what the lock file asks for.
 *
 * @param {string} root
 */
function packagesInstalled(root) {
  /** @type {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }>} */
  let wanted
  let present
  try {
    wanted = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages
    present = JSON.parse(
      fs.readFileSync(path.join(root, 'node_modules', '.package-lock.json'), 'utf8'),
    ).packages
  } catch {
    return false
  }
  return Object.entries(wanted).every(([name, { version, integrity, optional, devOptional }]) => {
    const there = present[name]
    // What is optional may be for another platform.
    if (name === '' || (there === undefined && (optional || devOptional))) return true
    return there !== undefined && there.version === version && there.integrity === integrity
  })
}

module.exports = { installPackages, packagesInstalled }
