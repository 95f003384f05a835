'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { filesUnder, requireSpace } = require('../files/disk.js')
const { readStamp } = require('../files/stamp.js')
const { requireSupported } = require('../libtorch/version.js')
const { Problem, reason } = require('../problem.js')
const { requireBuildTools } = require('../programs.js')
const { run } = require('../run.js')
const terminal = require('../terminal.js')

const SOURCES = /(\.(cc|h|cu)|CMakeLists\.txt|\.cmake)$/
const OUTPUTS = ['dcgan.node', 'libdcgan_training.so'].map(name => path.join('build', 'Release', name))
// The precompiled header of LibTorch takes 0.7 GB.
const DISK = 1_200_000_000
const MEMORY_PER_JOB = 2_000_000_000

/** @typedef {import('../libtorch/find.js').LibTorchInfo} LibTorchInfo */

/** @param {string} root @param {LibTorchInfo} libtorch */
function stampOf(root, { folder, version, cuda }) {
  const sources = ['binding', 'cmake'].flatMap(room =>
    filesUnder(path.join(root, room), SOURCES).map(name => path.join(room, name)),
  )
  const file = path.join(root, 'build', 'addon.json')
  return readStamp(root, file, ['CMakeLists.txt', ...sources], { folder, version, cuda })
}

/** Returns true if the addon was built here from these sources and this LibTorch. @param {string} root @param {LibTorchInfo} libtorch */
const addonIsCurrent = (root, libtorch) => stampOf(root, libtorch).current

/** Builds the addon and the training library with cmake-js. @param {string} root @param {LibTorchInfo} libtorch */
async function buildAddon(root, libtorch) {
  requireSupported(libtorch)
  requireBuildTools()
  requireSpace(root, DISK, 'Building the addon', 'put the package on a larger disk')
  const started = Date.now()
  const stamp = stampOf(root, libtorch)
  stamp.remove()
  // Libraries that this step did not finish, or that were changed since, are linked anew.
  if (!stamp.whole) for (const name of OUTPUTS) fs.rmSync(path.join(root, name), { force: true })
  const first = mustConfigure(root, libtorch, stamp.whole)
  terminal.line(`Building the addon for LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'})`)
  if (first) await cmakeJs(root, ['reconfigure', `--CDLIBTORCH=${libtorch.folder}`])
  await cmakeJs(root, ['build', ...jobs()])
  stamp.write(OUTPUTS)
  terminal.line(`Built the addon in ${terminal.duration(Date.now() - started)}`)
}

/**
 * Returns true if the build folder must be made again: cmake-js ignores changed variables once CMake's cache exists.
 *
 * @param {string} root
 * @param {LibTorchInfo} libtorch
 * @param {boolean} whole whether what was built last is as it was
 */
function mustConfigure(root, libtorch, whole) {
  const has = (/** @type {string} */ name) => fs.existsSync(path.join(root, 'build', name))
  // A configuration that failed leaves a cache, but nothing to build by.
  if (!has('CMakeCache.txt') || !(has('build.ninja') || has('Makefile'))) return true
  const cache = fs.readFileSync(path.join(root, 'build', 'CMakeCache.txt'), 'utf8')
  const value = (/** @type {string} */ name) => new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm').exec(cache)?.[1]
  const known = `${libtorch.version} ${libtorch.cuda ? 'CUDA' : 'CPU'}`
  if (value('LIBTORCH') !== libtorch.folder || value('LIBTORCH_KNOWN') !== known) return true
  if (value('CMAKE_HOME_DIRECTORY') !== root) return true
  // Ninja logs what it has finished; Make takes a file that was half written for a new one.
  return !whole && value('CMAKE_GENERATOR') !== 'Ninja'
}

/** As many compilers at once as there are processors, and memory for. */
function jobs() {
  if (process.env.CMAKE_BUILD_PARALLEL_LEVEL) return []
  const fitting = Math.floor(os.totalmem() / MEMORY_PER_JOB)
  return ['--parallel', String(Math.max(1, Math.min(os.availableParallelism(), fitting)))]
}

/** @param {string} root @param {string[]} args */
async function cmakeJs(root, args) {
  let program
  try {
    const manifest = require.resolve('cmake-js/package.json', { paths: [root] })
    program = path.join(path.dirname(manifest), 'bin', 'cmake-js')
  } catch (cause) {
    throw new Problem(`The package cmake-js is missing: ${reason(cause)}`, 'npm install', { cause })
  }
  const command = [program, ...args, '--directory', root]
  const { status, output } = await run(process.execPath, command, { cwd: root, onLine: showCompiling })
  terminal.clear()
  if (status !== 0) throw buildFailure(output)
}

/** Shows the progress that Ninja ("[3/12]") or Make ("[ 25%]") tells. @param {string} line */
function showCompiling(line) {
  const [, done, total] = /^\[ *(\d+)(?:\/(\d+)|%)\]/.exec(line) ?? []
  if (done !== undefined) terminal.progress('  Compiling', Number(done), Number(total ?? 100))
}

/** @param {string} output */
function buildFailure(output) {
  const lines = output.trim().split('\n')
  const first = lines.findIndex(line => /^FAILED|error:|CMake Error|Error \d+$/.test(line))
  const telling = first < 0 ? lines.slice(-40) : lines.slice(first, first + 40)
  const fix = /Killed|cannot allocate memory|out of memory/i.test(output)
    ? 'The machine ran out of memory. Compile one file at a time: CMAKE_BUILD_PARALLEL_LEVEL=1 npx libtorch-dcgan setup'
    : /No space left on device/.test(output)
      ? 'The disk is full: free some space, then run the set-up again.'
      : 'Fix the compiler errors above; `npx libtorch-dcgan doctor` shows the tools that were found.'
  return new Problem(`The addon does not build:\n${telling.join('\n')}`, fix)
}

module.exports = { addonIsCurrent, buildAddon, showCompiling }
