#!/usr/bin/env node
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { filesUnder } = require('./files/disk.js')
const { withLock } = require('./files/lock.js')
const { cacheFolder, listEntries, removeEntry } = require('./libtorch/cache.js')
const { releaseFor } = require('./libtorch/catalogue.js')
const { fetchLibTorch } = require('./libtorch/fetch.js')
const { findLibTorch } = require('./libtorch/find.js')
const { hasNvidiaDriver, requirePlatform } = require('./libtorch/platform.js')
const { Problem, attempt, codeOf, reason } = require('./problem.js')
const { requireBuildTools, requireNode } = require('./programs.js')
const { stopAll } = require('./run.js')
const { addonIsCurrent, buildAddon } = require('./steps/addon.js')
const { prebuiltMisfit } = require('./steps/prebuilt.js')
const { tryAddon } = require('./steps/try-addon.js')
const terminal = require('./terminal.js')

const ROOT = path.join(__dirname, '..')

const HELP = `Usage: libtorch-dcgan setup [options]

Finds or fetches LibTorch, which models need to train, and prepares the addon. A
second run does only what is left to do.

Options:
  --cpu               LibTorch for the CPU (downloads 192 MB on linux-x64,
                      155 MB on linux-arm64)
  --cuda              LibTorch for CUDA (downloads 2.8 GB); the default if there
                      is an NVIDIA driver
  --from <source>     take LibTorch from an address, which ends in
                      #sha256=<hash>, or from a ZIP file, wheel or folder
  --rebuild           build the addon anew, even if a prebuilt one fits
  --list              show what the cache holds
  --remove [name...]  remove what --list shows: all of it, or these names
  --json              with --list: as JSON
  -h, --help          show this

Environment:
  LIBTORCH                use the LibTorch in this folder
  LIBTORCH_USE_PYTORCH=1  use the torch of the active Python (or of PYTHON)
  LIBTORCH_DCGAN_HOME     the cache folder, an absolute path; by default
                          libtorch-dcgan in XDG_CACHE_HOME or ~/.cache
  LIBTORCH_DCGAN_MIRROR   used in place of https://download.pytorch.org
  LIBTORCH_DCGAN_ALLOW_UNPINNED=1
                          take a file whose SHA-256 is not known
  LIBTORCH_DCGAN_BUILD_FROM_SOURCE=1
                          build the addon even if a prebuilt one fits
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                          as usual`

const FLAGS = /** @type {const} */ ({
  cpu: { type: 'boolean' },
  cuda: { type: 'boolean' },
  from: { type: 'string' },
  rebuild: { type: 'boolean' },
  list: { type: 'boolean' },
  remove: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
})

/** @typedef {{ cpu?: boolean, cuda?: boolean, from?: string, rebuild?: boolean }} Options */
/** @typedef {import('./libtorch/find.js').LibTorchInfo} LibTorchInfo */

/**
 * Runs the command.
 *
 * @param {string[]} argv without node and the script's name
 * @returns {Promise<number>} the exit code: 0; 1 if the user must fix something first; 2 for a wrong flag
 */
async function main(argv) {
  /** @param {NodeJS.Signals} signal */
  const stop = signal => {
    stopAll()
    terminal.line('Interrupted. Nothing is half-made; run it again to continue.')
    process.exit(128 + os.constants.signals[signal])
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    requireNode(ROOT)
    await command(argv)
    return 0
  } catch (error) {
    terminal.line(`\n${describe(error)}`)
    return /^(ERR_PARSE_ARGS|USAGE)/.test(codeOf(error)) ? 2 : 1
  } finally {
    terminal.clear()
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  }
}

/** @param {unknown} error */
function describe(error) {
  if (error instanceof Problem) return error.text
  const code = codeOf(error)
  if (code.startsWith('ERR_PARSE_ARGS')) return `${reason(error)}\n  libtorch-dcgan setup --help`
  if (/^(EACCES|EPERM|EROFS)$/.test(code))
    return `Set-up may not write there: ${reason(error)}\n  Run it as the owner of ${ROOT} and ${cacheFolder()}.`
  if (code === 'ENOSPC')
    return `The disk is full: ${reason(error)}\n  Free some space, then run the set-up again.`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** @param {string[]} argv */
async function command(argv) {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: FLAGS })
  if (values.help) return void process.stdout.write(`${HELP}\n`)
  if (values.list) return list(values.json === true)
  if (values.remove) return remove(positionals)
  checkChoice(values, positionals)
  // Two set-ups of one folder, such as those of npm start and npm test, would disturb each other's build. The lock lies
  // in the folder. A user who may not write to the folder builds nothing, and needs no lock.
  const work = () => setUp(values)
  const mayWrite = attempt(() => fs.accessSync(ROOT, fs.constants.W_OK) ?? true)
  return mayWrite ? withLock(path.join(ROOT, '.setup.lock'), work) : work()
}

/** @param {Options} options @param {string[]} positionals */
function checkChoice({ cpu, cuda, from }, positionals) {
  const usage = (/** @type {string} */ message) =>
    new Problem(message, 'libtorch-dcgan setup --help', { code: 'USAGE' })
  const chosen = [cpu && '--cpu', cuda && '--cuda', from && '--from'].filter(Boolean)
  if (positionals.length > 0) throw usage(`Set-up does not know ${positionals.join(' ')}.`)
  if (chosen.length > 1) throw usage(`${chosen.join(' and ')} exclude each other.`)
  const { LIBTORCH, LIBTORCH_USE_PYTORCH } = process.env
  const variable = LIBTORCH ? 'LIBTORCH' : LIBTORCH_USE_PYTORCH === '1' ? 'LIBTORCH_USE_PYTORCH' : undefined
  if (chosen.length === 0 || variable === undefined) return
  const message = `${variable} is set: it names the LibTorch, and ${chosen[0]} names another one.`
  throw new Problem(message, `unset ${variable}`)
}

/** @param {Options} options */
async function setUp(options) {
  // Only a clone has tools/, so its files are loaded when they are needed.
  const clone = fs.existsSync(path.join(ROOT, 'tsconfig.build.json'))
  const fromSource = clone || options.rebuild === true || process.env.LIBTORCH_DCGAN_BUILD_FROM_SOURCE === '1'
  if (clone) await require('../tools/packages.js').installPackages(ROOT)
  const libtorch = await provideLibTorch(options, fromSource)
  if (options.rebuild) fs.rmSync(path.join(ROOT, 'build'), { recursive: true, force: true })
  await provideAddon(libtorch, fromSource)
  if (clone) await require('../tools/library.js').buildLibrary(ROOT)
  terminal.line(
    `Ready: LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'}) in ${libtorch.folder}`,
  )
}

/** @param {Options} options @param {boolean} fromSource */
async function provideLibTorch({ cpu, cuda, from }, fromSource) {
  const found = cpu || cuda || from ? undefined : findLibTorch()
  if (found !== undefined) return found
  const variant = cuda || (!cpu && hasNvidiaDriver()) ? 'cuda' : 'cpu'
  if (from === undefined) {
    // Checked before the long download, not after it.
    requirePlatform()
    const release = { version: releaseFor(variant).version, cuda: variant === 'cuda' }
    if (fromSource || prebuiltMisfit(ROOT, release) !== undefined)
      requireBuildToolsFor(variant, cuda === true || fromSource)
  }
  return fetchLibTorch({ variant, from })
}

/** @param {'cpu' | 'cuda'} variant @param {boolean} asked whether the user chose CUDA, or a build from source */
function requireBuildToolsFor(variant, asked) {
  try {
    requireBuildTools()
  } catch (error) {
    if (!(error instanceof Problem) || variant === 'cpu' || asked) throw error
    throw new Problem(
      `There is an NVIDIA driver, and for CUDA the addon is built here. ${error.message}`,
      `${error.fix}\nor take the prebuilt addon, for the CPU: npx libtorch-dcgan setup --cpu`,
      { cause: error },
    )
  }
}

/** @param {LibTorchInfo} libtorch @param {boolean} fromSource */
async function provideAddon(libtorch, fromSource) {
  if (addonIsCurrent(ROOT, libtorch)) return
  const build = path.join(ROOT, 'build')
  if (!fromSource) {
    const misfit = prebuiltMisfit(ROOT, libtorch)
    // An addon that was built here for another LibTorch would be loaded before the prebuilt one.
    if (misfit === undefined) return fs.rmSync(build, { recursive: true, force: true })
    terminal.line(`${misfit} Building one from source.`)
  }
  await buildAddon(ROOT, libtorch)
  const { failure } = tryAddon(path.join(build, 'Release', 'dcgan.node'), libtorch.lib)
  if (failure === undefined) return
  throw new Problem(`The addon was built, but does not load: ${failure}`, 'npx libtorch-dcgan doctor')
}

/** @param {boolean} json */
function list(json) {
  const entries = listEntries().map(entry => {
    const files = filesUnder(entry.place).map(name => fs.lstatSync(path.join(entry.place, name)).size)
    return { ...entry, bytes: files.reduce((sum, bytes) => sum + bytes, 0) }
  })
  const lines = entries.map(
    ({ name, folder, from, current, bytes }) =>
      `${current ? '*' : ' '} ${name}  ${terminal.size(bytes)}  ${folder}  (${from})\n`,
  )
  const words = lines.length === 0 ? `Nothing in ${cacheFolder()}\n` : lines.join('')
  process.stdout.write(json ? `${JSON.stringify(entries, null, 2)}\n` : words)
}

/** @param {string[]} names */
async function remove(names) {
  const cache = cacheFolder()
  const entries = listEntries()
  const present = entries.map(({ name }) => name)
  const unknown = names.find(name => !present.includes(name))
  if (unknown !== undefined)
    throw new Problem(`The cache holds no ${unknown}.`, `It holds: ${present.join(', ') || 'nothing'}.`)
  if (!fs.existsSync(cache)) return
  await withLock(path.join(cache, 'lock'), async () => {
    for (const entry of entries.filter(({ name }) => names.length === 0 || names.includes(name))) {
      removeEntry(entry)
      process.stdout.write(`Removed ${entry.name}\n`)
    }
    if (names.length === 0) fs.rmSync(path.join(cache, 'downloads'), { recursive: true, force: true })
  })
}

module.exports = { main }

if (require.main === module) {
  main(process.argv.slice(2)).then(code => {
    process.exitCode = code
  })
}
