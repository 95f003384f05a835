import fs from 'node:fs'
import path from 'node:path'
import { DcganError } from '../errors.js'
import { listEntries } from './cache.js'
import { VERSIONS } from './catalogue.js'
import { otherProcessor } from './elf.js'
import { explain, failure } from './failure.js'
import { requireIntact } from './intact.js'
import { PLATFORM } from './platform.js'
import { pythons, queryPython } from './python.js'
import { minorOf, readVersion } from './version.js'

/** A LibTorch. */
export interface LibTorchInfo {
  /** The folder with `lib/` and `include/`. */
  folder: string
  lib: string
  /** From its headers, for example "2.13.0". */
  version: string
  /** True if it was built with CUDA. */
  cuda: boolean
  /** The place where it was found: the folder in LIBTORCH, the active Python's PyTorch, or the cache of `setup`. */
  source: 'LIBTORCH' | 'PyTorch' | 'cache'
}

const missing = (what: string, fix?: string) => failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, fix)

/**
 * Finds LibTorch: LIBTORCH, then PyTorch with LIBTORCH_USE_PYTORCH=1, then the cache. A folder that a variable names is
 * taken or is an error; it is never skipped.
 *
 * @param prefer minor versions ("2.13") that are taken from the cache before others
 * @returns undefined if there is none
 */
export function findLibTorch(prefer = VERSIONS.map(minorOf)): LibTorchInfo | undefined {
  const { LIBTORCH, LIBTORCH_USE_PYTORCH } = process.env
  if (LIBTORCH) {
    const fix = 'Set LIBTORCH to a folder with include/ and lib/, or unset it.'
    const what = `LIBTORCH is ${LIBTORCH}, but that is no LibTorch`
    return explain(what, fix, () => describeLibTorch(path.resolve(LIBTORCH), 'LIBTORCH'))
  }
  if (LIBTORCH_USE_PYTORCH === '1') return findPyTorch()

  const entries = listEntries()
  const preferred = entries.filter(entry => prefer.includes(minorOf(entry.version)))
  for (const entry of [...preferred, ...entries]) {
    let found: LibTorchInfo
    try {
      found = describeLibTorch(entry.folder, 'cache')
    } catch (error) {
      if (!(error instanceof DcganError)) throw error
      // It was removed by hand, or lies on a disk that is not there now: as if it had never been fetched.
      continue
    }
    requireIntact(entry)
    return found
  }
  return undefined
}

/** Describes the LibTorch in a folder. `platform`: what it must be built for, for example "linux-arm64". */
export function describeLibTorch(
  folder: string,
  source: LibTorchInfo['source'],
  platform = PLATFORM,
): LibTorchInfo {
  const arch = platform.replace(/^.*-/, '')
  const lib = path.join(folder, 'lib')
  const include = path.join(folder, 'include')
  if (!fs.existsSync(folder)) throw missing(`${folder} does not exist.`)
  const libraries = ['libc10.so', 'libtorch_cpu.so', 'libtorch.so'].map(name => path.join(lib, name))
  const lacking = [include, lib, ...libraries].find(file => !fs.existsSync(file))
  if (lacking !== undefined) throw missing(`${lacking} is missing.`)
  const built = otherProcessor(path.join(lib, 'libc10.so'), arch)
  if (built !== undefined)
    throw missing(`${path.join(lib, 'libc10.so')} is built for ${built}, not for ${arch}.`)
  const version = readVersion(include)
  if (version === undefined) throw missing(`the headers in ${include} have no version.`)
  return { folder, lib, version, cuda: fs.existsSync(path.join(lib, 'libtorch_cuda.so')), source }
}

// Finds where `import torch` would look, without the seconds that importing it takes.
const LOCATE = `
import importlib.util
spec = importlib.util.find_spec('torch')
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else '')
`

/** Finds the LibTorch of the active Python's PyTorch. */
function findPyTorch(): LibTorchInfo {
  const [python] = pythons()
  const problem = 'LIBTORCH_USE_PYTORCH is 1, but'
  const fix =
    'Activate an environment with PyTorch (or set PYTHON to its interpreter), or unset LIBTORCH_USE_PYTORCH.'
  if (python === undefined) {
    const sought = process.env.PYTHON ? `PYTHON, ${process.env.PYTHON},` : 'a Python'
    throw missing(`${problem} ${sought} was not found.`, fix)
  }
  const folder = queryPython(python, ['-c', LOCATE])
  if (!folder) throw missing(`${problem} ${python} has no package torch.`, fix)
  const what = `${problem} the torch of ${python} is not complete`
  return explain(what, fix, () => describeLibTorch(folder, 'PyTorch'))
}
