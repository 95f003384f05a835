#!/usr/bin/env node
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { addonIsCurrent, buildAddon } = require('./steps/addon.js')
const { prebuiltDamage, prebuiltMisfit, reinstallCommand } = require('./steps/prebuilt.js')
const { tryAddon } = require('./steps/try-addon.js')
const { withLock } = require('./files/lock.js')
const { bytesUnder, cacheFolder, listEntries, removeEntry } = require('./libtorch/cache.js')
const { VERSIONS, releaseFor } = require('./libtorch/catalogue.js')
const { fetchLibTorch } = require('./libtorch/fetch.js')
const { findLibTorch } = require('./libtorch/find.js')
const { hasNvidiaDriver, requireGlibc, requirePlatform } = require('./libtorch/platform.js')
const { minorOf } = require('./libtorch/version.js')
const { Problem, codeOf, reason } = require('./problem.js')
const { stopAll } = require('./run.js')
const { Terminal, size } = require('./terminal.js')
const { requireBuildTools, requireNode } = require('./tools.js')

const ROOT = path.join(__dirname, '..')

const HELP = `Usage: libtorch-dcgan setup [options]

Finds or fetches LibTorch and makes the addon ready. Run again, it does only what is left to do.

Options:
  --cpu                 LibTorch for the CPU (192 MB to download on linux-x64, 155 MB on linux-arm64)
  --cuda                LibTorch for CUDA (2.8 GB to download); the default where an NVIDIA driver is there
  --from <source>       take LibTorch from this address, ZIP file, wheel or folder;
                        an address ends in #sha256=<hash>, which what is fetched must have
  --rebuild             build the addon anew, even where a prebuilt one fits
  --list                show what the cache holds
  --remove [name...]    remove what the cache holds: all of it, or these of --list
  --json                with --list: as JSON
  -h, --help            show this

Environment:
  LIBTORCH                             use the LibTorch in this folder
  LIBTORCH_USE_PYTORCH=1               use the torch of the active Python (PYTHON names another)
  LIBTORCH_DCGAN_HOME                  the cache folder, an absolute path; else libtorch-dcgan in
                                       XDG_CACHE_HOME or ~/.cache
  LIBTORCH_DCGAN_MIRROR                used in place of https://download.pytorch.org
  LIBTORCH_DCGAN_ALLOW_UNPINNED=1      take a wheel or an address whose SHA-256 is not known
  LIBTORCH_DCGAN_BUILD_FROM_SOURCE=1   build the addon even where a prebuilt one fits
  LIBTORCH_DCGAN_SKIP_SETUP=1          npm install does without the set-up
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY    as usual`

/** @typedef {{ cpu?: boolean, cuda?: boolean, from?: string, rebuild?: boolean, list?: boolean, remove?: boolean, json?: boolean, help?: boolean }} Options */

/**
 * The command.
 *
 * @param {string[]} argv without node and the script's name
 * @returns {Promise<number>} the exit code: 0; 1 when something must be mended first; 2 for a wrong flag
 */
async function main(argv) {
  const terminal = new Terminal()
  /** @param {NodeJS.Signals} signal */
  const stop = signal => {
    stopAll()
    terminal.line('Interrupted. Nothing is half-made; run it again to go on.')
    process.exit(128 + os.constants.signals[signal])
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    requireNode(ROOT)
    return await command(argv, terminal)
  } catch (error) {
    terminal.line(`\n${describe(error)}`)
    return /^(ERR_PARSE_ARGS|USAGE)/.test(codeOf(error) ?? '') ? 2 : 1
  } finally {
    terminal.clear()
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  }
}

/** @param {unknown} error */
function describe(error) {
  if (error instanceof Problem) return error.text
  const code = codeOf(error) ?? ''
  if (code.startsWith('ERR_PARSE_ARGS')) return `${reason(error)}\n  libtorch-dcgan setup --help`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `Set-up may not write there: ${reason(error)}\n  Run it as the owner of ${ROOT} and ${cacheFolder()}.`
  }
  if (code === 'ENOSPC')
    return `The disk is full: ${reason(error)}\n  Free some space, then run the set-up again.`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** @param {string[]} argv @param {import('./terminal.js').Output} terminal */
async function command(argv, terminal) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      cpu: { type: 'boolean' },
      cuda: { type: 'boolean' },
      from: { type: 'string' },
      rebuild: { type: 'boolean' },
      list: { type: 'boolean' },
      remove: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  /** @type {Options} */
  const options = values
  if (options.help) process.stdout.write(`${HELP}\n`)
  else if (options.list) list(options.json === true)
  else if (options.remove) await remove(positionals, terminal)
  else {
    checkChoice(options, positionals)
    await setUp(options, terminal)
  }
  return 0
}

/** @param {Options} options @param {string[]} positionals */
function checkChoice(options, positionals) {
  const chosen = [options.cpu && '--cpu', options.cuda && '--cuda', options.from && '--from'].filter(Boolean)
  if (positionals.length > 0) throw usage(`What is ${positionals.join(' ')}?`)
  if (chosen.length > 1) throw usage(`${chosen.join(' and ')} exclude each other.`)
  const variable = process.env.LIBTORCH
    ? 'LIBTORCH'
    : process.env.LIBTORCH_USE_PYTORCH === '1' && 'LIBTORCH_USE_PYTORCH'
  if (chosen.length === 1 && variable) {
    throw new Problem(
      `${variable} is set: it names the LibTorch, and ${chosen[0]} names another.`,
      `unset ${variable}`,
    )
  }
}

/** @param {string} message */
function usage(message) {
  return new Problem(message, 'libtorch-dcgan setup --help', { code: 'USAGE' })
}

/** @param {Options} options @param {import('./terminal.js').Output} terminal */
async function setUp(options, terminal) {
  // Only a clone has scripts/dev/, which is therefore opened where it is needed.
  const clone = fs.existsSync(path.join(ROOT, 'tsconfig.build.json'))
  const fromSource = clone || options.rebuild === true || process.env.LIBTORCH_DCGAN_BUILD_FROM_SOURCE === '1'
  const work = async () => {
    if (clone) await require('./dev/packages.js').installPackages(ROOT, terminal)
    const libtorch = await provideLibTorch(options, fromSource, terminal)
    if (options.rebuild) fs.rmSync(path.join(ROOT, 'build'), { recursive: true, force: true })
    await provideAddon(libtorch, fromSource, terminal)
    if (clone) await require('./dev/library.js').buildLibrary(ROOT, terminal)
    terminal.line(
      `Ready: LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'}) in ${libtorch.folder}`,
    )
  }
  // Two set-ups of one folder (npm start and npm test, say) would build into each other. The lock lies in that folder:
  // nobody can plant one who may not change the package too. Where this user may not, nothing is built either.
  return mayWrite(ROOT)
    ? withLock(path.join(ROOT, '.setup.lock'), work, words => terminal.line(words))
    : work()
}

/** @param {string} folder */
function mayWrite(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * @param {Options} options
 * @param {boolean} fromSource
 * @param {import('./terminal.js').Output} terminal
 */
async function provideLibTorch({ cpu, cuda, from }, fromSource, terminal) {
  const found = cpu || cuda || from ? undefined : findLibTorch({ prefer: VERSIONS.map(minorOf) })
  if (found !== undefined) return found
  const variant = cuda || (!cpu && hasNvidiaDriver()) ? 'cuda' : 'cpu'
  if (from !== undefined) return fetchLibTorch({ variant, from, terminal })
  // Before the long download, not after it.
  const { version } = releaseFor(variant)
  requirePlatform()
  requireGlibc()
  if (fromSource || prebuiltMisfit(ROOT, { version, cuda: variant === 'cuda' }) !== undefined) {
    requireBuildToolsFor(variant, cuda === true || fromSource)
  }
  return fetchLibTorch({ variant, terminal })
}

/**
 * @param {'cpu' | 'cuda'} variant
 * @param {boolean} asked whether the user asked for what has to be built
 */
function requireBuildToolsFor(variant, asked) {
  try {
    requireBuildTools()
  } catch (error) {
    if (!(error instanceof Problem) || variant === 'cpu' || asked) throw error
    throw new Problem(
      `There is an NVIDIA driver, and for CUDA the addon is built here. ${error.message}`,
      `${error.fix}\nor take what is built already, for the CPU: npx libtorch-dcgan setup --cpu`,
      { cause: error },
    )
  }
}

/**
 * @param {import('./libtorch/find.js').LibTorchInfo} libtorch
 * @param {boolean} fromSource
 * @param {import('./terminal.js').Output} terminal
 */
async function provideAddon(libtorch, fromSource, terminal) {
  if (addonIsCurrent(ROOT, libtorch)) return
  const build = path.join(ROOT, 'build')
  if (!fromSource) {
    const damage = prebuiltDamage(ROOT)
    if (damage !== undefined) {
      throw new Problem(`The package is not as it was installed: ${damage}.`, reinstallCommand(ROOT))
    }
    const misfit = prebuiltMisfit(ROOT, libtorch)
    if (misfit === undefined) {
      // What was built here for another LibTorch would be loaded before it.
      fs.rmSync(build, { recursive: true, force: true })
      return
    }
    terminal.line(`${misfit} Building one from source.`)
  }
  await buildAddon(ROOT, libtorch, terminal)
  const { failure } = tryAddon(path.join(build, 'Release', 'dcgan.node'), libtorch.lib)
  if (failure === undefined) return
  throw new Problem(`The addon was built, but does not load: ${failure}`, 'npx libtorch-dcgan doctor')
}

/** @param {boolean} json */
function list(json) {
  const cache = cacheFolder()
  const entries = listEntries(cache).map(entry => ({
    ...entry,
    bytes: bytesUnder(path.join(cache, entry.name)),
  }))
  if (json) process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`)
  else if (entries.length === 0) process.stdout.write(`Nothing in ${cache}\n`)
  for (const { name, folder, from, current, bytes } of json ? [] : entries) {
    process.stdout.write(`${current ? '*' : ' '} ${name}  ${size(bytes)}  ${folder}  (${from})\n`)
  }
}

/** @param {string[]} names @param {import('./terminal.js').Output} terminal */
async function remove(names, terminal) {
  const cache = cacheFolder()
  const present = listEntries(cache).map(({ name }) => name)
  const unknown = names.find(name => !present.includes(name))
  if (unknown !== undefined) {
    throw new Problem(`The cache holds no ${unknown}.`, `It holds: ${present.join(', ') || 'nothing'}.`)
  }
  if (!fs.existsSync(cache)) return
  const work = async () => {
    for (const name of names.length > 0 ? names : present) {
      removeEntry(cache, name)
      process.stdout.write(`Removed ${name}\n`)
    }
    if (names.length === 0) fs.rmSync(path.join(cache, 'downloads'), { recursive: true, force: true })
  }
  await withLock(path.join(cache, 'lock'), work, words => terminal.line(words))
}

module.exports = { main }

if (require.main === module) {
  main(process.argv.slice(2)).then(code => {
    process.exitCode = code
  })
}
