'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { otherProcessor } = require('../files/elf.js')
const { Problem } = require('../problem.js')
const { askPython, findPython, pythons } = require('../python.js')
const { cacheFolder, listEntries } = require('./cache.js')
const { requireIntact } = require('./intact.js')
const { minorOf, readVersion } = require('./version.js')

/**
 * @typedef {object} LibTorchInfo
 * @property {string} folder with `lib/` and `include/`
 * @property {string} lib
 * @property {string} include
 * @property {string} version from the headers, for example "2.13.0"
 * @property {boolean} cuda whether it was built with CUDA
 * @property {'LIBTORCH' | 'PyTorch' | 'cache'} source who named it
 * @property {string[]} pythonLibs folders of the nvidia wheels beside it, which a CUDA LibTorch needs
 */

/**
 * Finds LibTorch: LIBTORCH, then PyTorch with LIBTORCH_USE_PYTORCH=1, then what set-up fetched before.
 * What a variable names is taken or is an error; it is never skipped.
 *
 * @param {{ env?: import('../tools.js').Env, prefer?: string[] }} [options] `prefer`: minor versions ("2.13")
 *   that are taken from the cache before others
 * @returns {LibTorchInfo | undefined} undefined where there is none
 */
function findLibTorch({ env = process.env, prefer = [] } = {}) {
  if (env.LIBTORCH) {
    try {
      return describeLibTorch(path.resolve(env.LIBTORCH), 'LIBTORCH')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      throw new Problem(
        `LIBTORCH is ${env.LIBTORCH}, but that is no LibTorch: ${error.message}`,
        'Set LIBTORCH to a folder with include/ and lib/, or unset it.',
      )
    }
  }
  if (env.LIBTORCH_USE_PYTORCH === '1') return describePyTorch(env)

  const cache = cacheFolder(env)
  const entries = listEntries(cache)
  const preferred = entries.filter(entry => prefer.includes(minorOf(entry.version)))
  for (const entry of [...preferred, ...entries]) {
    let found
    try {
      found = describeLibTorch(entry.folder, 'cache')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // Removed by hand, or on a disk that is not there now: as if it had never been fetched.
      continue
    }
    requireIntact(cache, entry)
    return found
  }
  return undefined
}

/**
 * @param {string} folder
 * @param {LibTorchInfo['source']} source
 * @param {string} [arch] the processor that it must be built for
 * @returns {LibTorchInfo}
 */
function describeLibTorch(folder, source, arch = process.arch) {
  const lib = path.join(folder, 'lib')
  const include = path.join(folder, 'include')
  if (!fs.existsSync(folder)) throw new Problem(`${folder} does not exist.`)
  const wanted = [include, lib, ...['c10', 'torch_cpu', 'torch'].map(name => path.join(lib, `lib${name}.so`))]
  const missing = wanted.find(file => !fs.existsSync(file))
  if (missing !== undefined) throw new Problem(`${missing} is missing.`)
  requireProcessor(path.join(lib, 'libc10.so'), arch)
  const version = readVersion(include)
  if (version === undefined) throw new Problem(`the headers in ${include} tell no version.`)
  return {
    folder,
    lib,
    include,
    version,
    cuda: fs.existsSync(path.join(lib, 'libtorch_cuda.so')),
    source,
    pythonLibs: nvidiaLibraries(path.join(folder, '..', 'nvidia')),
  }
}

/** @param {string} library @param {string} arch */
function requireProcessor(library, arch) {
  const built = otherProcessor(library, arch)
  if (built !== undefined) throw new Problem(`${library} is built for ${built}, not for ${arch}.`)
}

/** @param {string} folder the nvidia wheels' common folder */
function nvidiaLibraries(folder) {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder)
    .map(name => path.join(folder, name, 'lib'))
    .filter(file => fs.existsSync(file))
}

// Asks where `import torch` would look, without the seconds that importing it takes.
const LOCATE = `
import importlib.util
spec = importlib.util.find_spec('torch')
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else '')
`

/** @param {import('../tools.js').Env} env @returns {LibTorchInfo} */
function describePyTorch(env) {
  const fix =
    'Activate an environment with PyTorch (or set PYTHON to its interpreter), or unset LIBTORCH_USE_PYTORCH.'
  const python = findPython(pythons(env), env)
  if (python === undefined) {
    const sought = env.PYTHON ? `PYTHON, ${env.PYTHON},` : 'a Python'
    throw new Problem(`LIBTORCH_USE_PYTORCH is 1, but ${sought} was not found.`, fix)
  }
  const folder = askPython(python, ['-c', LOCATE], env)
  if (!folder) throw new Problem(`LIBTORCH_USE_PYTORCH is 1, but ${python} has no package torch.`, fix)
  try {
    return describeLibTorch(folder, 'PyTorch')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(
      `LIBTORCH_USE_PYTORCH is 1, but the torch of ${python} is not complete: ${error.message}`,
      fix,
    )
  }
}

module.exports = { describeLibTorch, findLibTorch }
