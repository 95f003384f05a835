'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { otherProcessor } = require('../files/elf.js')
const { Problem, explain } = require('../problem.js')
const { askPython, pythons } = require('../python.js')
const { listEntries } = require('./cache.js')
const { VERSIONS } = require('./catalogue.js')
const { requireIntact } = require('./intact.js')
const { PLATFORM } = require('./platform.js')
const { minorOf, readVersion } = require('./version.js')

/**
 * @typedef {object} LibTorchInfo
 * @property {string} folder with `lib/` and `include/`
 * @property {string} lib
 * @property {string} version from the headers, for example "2.13.0"
 * @property {boolean} cuda whether it was built with CUDA
 * @property {'LIBTORCH' | 'PyTorch' | 'cache'} source what named it
 */

/**
 * Finds LibTorch: LIBTORCH, then PyTorch with LIBTORCH_USE_PYTORCH=1, then the cache. A folder
 * that a variable names is taken or is an error; it is never skipped.
 *
 * @param {string[]} [prefer] minor versions ("2.13") that are taken from the cache before others
 * @returns {LibTorchInfo | undefined} undefined if there is none
 */
function findLibTorch(prefer = VERSIONS.map(minorOf)) {
  const { LIBTORCH, LIBTORCH_USE_PYTORCH } = process.env
  if (LIBTORCH) {
    const fix = 'Set LIBTORCH to a folder with include/ and lib/, or unset it.'
    const words = `LIBTORCH is ${LIBTORCH}, but that is no LibTorch`
    return explain(words, fix, () => describeLibTorch(path.resolve(LIBTORCH), 'LIBTORCH'))
  }
  if (LIBTORCH_USE_PYTORCH === '1') return findPyTorch()

  const entries = listEntries()
  const preferred = entries.filter(entry => prefer.includes(minorOf(entry.version)))
  for (const entry of [...preferred, ...entries]) {
    let found
    try {
      found = describeLibTorch(entry.folder, 'cache')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // It was removed by hand, or lies on a disk that is not there now: as if it had never been fetched.
      continue
    }
    requireIntact(entry)
    return found
  }
  return undefined
}

/**
 * @param {string} folder
 * @param {LibTorchInfo['source']} source
 * @param {string} [platform] what it must be built for, for example "linux-arm64"
 * @returns {LibTorchInfo}
 */
function describeLibTorch(folder, source, platform = PLATFORM) {
  const arch = platform.replace(/^.*-/, '')
  const lib = path.join(folder, 'lib')
  const include = path.join(folder, 'include')
  if (!fs.existsSync(folder)) throw new Problem(`${folder} does not exist.`)
  const libraries = ['libc10.so', 'libtorch_cpu.so', 'libtorch.so'].map(name => path.join(lib, name))
  const missing = [include, lib, ...libraries].find(file => !fs.existsSync(file))
  if (missing !== undefined) throw new Problem(`${missing} is missing.`)
  const built = otherProcessor(path.join(lib, 'libc10.so'), arch)
  if (built !== undefined)
    throw new Problem(`${path.join(lib, 'libc10.so')} is built for ${built}, not for ${arch}.`)
  const version = readVersion(include)
  if (version === undefined) throw new Problem(`the headers in ${include} tell no version.`)
  return { folder, lib, version, cuda: fs.existsSync(path.join(lib, 'libtorch_cuda.so')), source }
}

// Asks where `import torch` would look, without the seconds that importing it takes.
const LOCATE = `
import importlib.util
spec = importlib.util.find_spec('torch')
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else '')
`

/** Finds the LibTorch of the active Python's PyTorch. */
function findPyTorch() {
  const [python] = pythons()
  const problem = 'LIBTORCH_USE_PYTORCH is 1, but'
  const fix =
    'Activate an environment with PyTorch (or set PYTHON to its interpreter), or unset LIBTORCH_USE_PYTORCH.'
  if (python === undefined) {
    const sought = process.env.PYTHON ? `PYTHON, ${process.env.PYTHON},` : 'a Python'
    throw new Problem(`${problem} ${sought} was not found.`, fix)
  }
  const folder = askPython(python, ['-c', LOCATE])
  if (!folder) throw new Problem(`${problem} ${python} has no package torch.`, fix)
  const words = `${problem} the torch of ${python} is not complete`
  return explain(words, fix, () => describeLibTorch(folder, 'PyTorch'))
}

module.exports = { describeLibTorch, findLibTorch }
