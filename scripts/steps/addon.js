'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { requireSpace } = require('../files/disk.js')
const {
  filesUnder,
  measure,
  readStamp,
  sameContent,
  snapshot,
  untouched,
  writeStamp,
} = require('../files/stamp.js')
const { requireSupported } = require('../libtorch/version.js')
const { Problem, reason } = require('../problem.js')
const { run } = require('../run.js')
const { duration } = require('../terminal.js')
const { requireBuildTools } = require('../tools.js')

const SOURCES = /(\.(cc|h|cu)|CMakeLists\.txt|\.cmake)$/
const OUTPUTS = ['dcgan.node', 'libdcgan_engine.so'].map(name => path.join('build', 'Release', name))
// The precompiled header of LibTorch takes 0.7 GB.
const DISK = 1_200_000_000
const MEMORY_PER_JOB = 2_000_000_000

/** @param {string} root */
const stampOf = root => path.join(root, 'build', 'addon.json')

/** What the build depends on besides the sources. @param {import('../libtorch/find.js').LibTorchInfo} libtorch */
const factsOf = ({ folder, version, cuda }) => ({ folder, version, cuda })

/** @param {string} root @param {import('../files/stamp.js').Files} [before] */
function sources(root, before) {
  return snapshot(root, ['CMakeLists.txt', ...filesUnder(root, ['binding', 'cmake'], SOURCES)], before)
}

/**
 * Whether the addon that was built here is that of these sources and this LibTorch.
 *
 * @param {string} root
 * @param {import('../libtorch/find.js').LibTorchInfo} libtorch
 */
function addonIsCurrent(root, libtorch) {
  const stamp = readStamp(stampOf(root))
  if (stamp === undefined || JSON.stringify(stamp.facts) !== JSON.stringify(factsOf(libtorch))) return false
  if (!untouched(root, stamp.outputs)) return false
  const inputs = sources(root, stamp.inputs)
  if (!sameContent(inputs, stamp.inputs)) return false
  // Touched but the same: noted, so that they are not read again.
  if (JSON.stringify(inputs) !== JSON.stringify(stamp.inputs)) writeStamp(stampOf(root), { ...stamp, inputs })
  return true
}

/**
 * Builds the addon and the engine with cmake-js.
 *
 * @param {string} root
 * @param {import('../libtorch/find.js').LibTorchInfo} libtorch
 * @param {import('../terminal.js').Output} terminal
 */
async function buildAddon(root, libtorch, terminal) {
  requireSupported(libtorch)
  requireBuildTools()
  requireSpace(root, DISK, 'Building the addon', 'put the package on a larger disk')
  const started = Date.now()
  const inputs = sources(root)
  const stamp = readStamp(stampOf(root))
  fs.rmSync(stampOf(root), { force: true })
  // Libraries that this step did not finish, or that were changed since, are linked anew.
  if (stamp === undefined || !untouched(root, stamp.outputs)) {
    for (const name of OUTPUTS) fs.rmSync(path.join(root, name), { force: true })
  }
  const first = mustConfigure(root, libtorch, stamp === undefined)
  terminal.line(`Building the addon for LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'})`)
  if (first) await cmakeJs(root, ['reconfigure', `--CDLIBTORCH=${libtorch.folder}`], terminal)
  await cmakeJs(root, ['build', ...jobs()], terminal)
  writeStamp(stampOf(root), { inputs, outputs: measure(root, OUTPUTS), facts: factsOf(libtorch) })
  terminal.line(`Built the addon in ${duration(Date.now() - started)}`)
}

/**
 * Whether the build folder must be made anew: cmake-js ignores changed variables once CMake's cache exists.
 *
 * @param {string} root
 * @param {import('../libtorch/find.js').LibTorchInfo} libtorch
 * @param {boolean} interrupted
 */
function mustConfigure(root, libtorch, interrupted) {
  let cache
  try {
    cache = fs.readFileSync(path.join(root, 'build', 'CMakeCache.txt'), 'utf8')
  } catch {
    return true
  }
  // A configuration that failed leaves a cache, but nothing to build by.
  if (!['build.ninja', 'Makefile'].some(name => fs.existsSync(path.join(root, 'build', name)))) return true
  const value = (/** @type {string} */ name) => new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm').exec(cache)?.[1]
  const known = `${libtorch.version} ${libtorch.cuda ? 'CUDA' : 'CPU'}`
  if (value('LIBTORCH') !== libtorch.folder || value('LIBTORCH_KNOWN') !== known) return true
  if (value('CMAKE_HOME_DIRECTORY') !== root) return true
  // Ninja logs what it has finished; Make takes a file that was being written for a new one.
  return interrupted && value('CMAKE_GENERATOR') !== 'Ninja'
}

/** As many compilers at once as there are processors, and memory for. */
function jobs() {
  if (process.env.CMAKE_BUILD_PARALLEL_LEVEL) return []
  const fitting = Math.floor(os.totalmem() / MEMORY_PER_JOB)
  return ['--parallel', String(Math.max(1, Math.min(os.availableParallelism(), fitting)))]
}

/** @param {string} root @param {string[]} args @param {import('../terminal.js').Output} terminal */
async function cmakeJs(root, args, terminal) {
  let program
  try {
    const manifest = require.resolve('cmake-js/package.json', { paths: [root] })
    program = path.join(path.dirname(manifest), 'bin', 'cmake-js')
  } catch (cause) {
    throw new Problem(`The package cmake-js is missing: ${reason(cause)}`, 'npm install', { cause })
  }
  const { status, output } = await run(process.execPath, [program, ...args, '--directory', root], {
    cwd: root,
    onLine: line => {
      const [, done, total] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? []
      const percent = /^\[ *(\d+)%\]/.exec(line)?.[1]
      if (total !== undefined) terminal.progress('  Compiling', Number(done), Number(total))
      else if (percent !== undefined) terminal.progress('  Compiling', Number(percent), 100)
    },
  })
  terminal.clear()
  if (status !== 0) throw buildFailure(output)
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
      : 'Mend what the compiler says; `npx libtorch-dcgan doctor` shows the tools that were found.'
  return new Problem(`The addon does not build:\n${telling.join('\n')}`, fix)
}

module.exports = { addonIsCurrent, buildAddon }
