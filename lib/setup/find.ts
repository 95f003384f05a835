import fs from 'node:fs'
import path from 'node:path'
import { readText } from '../internal/disk.js'
import { otherProcessor } from '../internal/elf.js'
import { attempt, explain, missing, SETUP } from '../internal/failure.js'
import { PLATFORM } from '../internal/platform.js'
import { minorOf } from '../internal/version.js'
import { listEntries } from './cache.js'
import { VERSIONS } from './catalogue.js'
import { requireIntact } from './intact.js'
import { pythonOptions, pythons, query } from './programs.js'

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

const OTHERWISE = `or unset it. Without it, "${SETUP}" fetches LibTorch.`

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
    const what = `LIBTORCH is ${LIBTORCH}, but that is no LibTorch:`
    const fix = `Set LIBTORCH to a folder with include/ and lib/, ${OTHERWISE}`
    return explain(what, fix, () => describeLibTorch(path.resolve(LIBTORCH), 'LIBTORCH'))
  }
  if (LIBTORCH_USE_PYTORCH === '1') return findPyTorch()

  const entries = listEntries()
  const preferred = entries.filter(entry => prefer.includes(minorOf(entry.version)))
  for (const entry of [...preferred, ...entries]) {
    const found = attempt(() => describeLibTorch(entry.folder, 'cache'))
    if (found === undefined) continue // It was removed by hand.
    requireIntact(entry)
    return found
  }
  return undefined
}

/** Describes the LibTorch in a folder. `platform`: what it must be built for, for example "linux-arm64". */
export function describeLibTorch(folder: string, source: LibTorchInfo['source'], platform = PLATFORM) {
  if (!fs.existsSync(folder)) throw missing(`${folder} does not exist.`)
  const [include, lib] = [path.join(folder, 'include'), path.join(folder, 'lib')]
  const c10 = path.join(lib, 'libc10.so')
  const others = ['libtorch_cpu.so', 'libtorch.so'].map(name => path.join(lib, name))
  const lacking = [include, lib, c10, ...others].find(file => !fs.existsSync(file))
  if (lacking !== undefined) throw missing(`${lacking} is missing.`)
  const arch = platform.replace(/^.*-/, '')
  const built = otherProcessor(c10, arch)
  if (built !== undefined) throw missing(`${c10} is built for ${built}, not for ${arch}.`)
  const version = readVersion(include)
  if (version === undefined) throw missing(`the headers in ${include} have no version.`)
  return { folder, lib, version, cuda: fs.existsSync(path.join(lib, 'libtorch_cuda.so')), source }
}

// Newer releases have the numbers in the first header, which the second one then only includes.
const HEADERS = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']

/** Reads LibTorch's version from its headers, as "x.y.z". Returns undefined if none has it. */
function readVersion(include: string): string | undefined {
  const texts = HEADERS.map(header => readText(path.join(include, header)) ?? '')
  const partOf = (text: string, part: string) =>
    new RegExp(`^\\s*#\\s*define\\s+TORCH_VERSION_${part}\\s+(\\d+)\\s*$`, 'm').exec(text)?.[1]
  const versions = texts.map(text => ['MAJOR', 'MINOR', 'PATCH'].map(part => partOf(text, part)))
  return versions.find(parts => !parts.includes(undefined))?.join('.')
}

// Finds the folder that `import torch` would load, without the seconds that importing it takes.
const LOCATE = `
import importlib.util
spec = importlib.util.find_spec('torch')
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else '')
`

/** Finds the LibTorch of the active Python's PyTorch. */
function findPyTorch(): LibTorchInfo {
  const [python] = pythons()
  const { PYTHON } = process.env
  const problem = 'LIBTORCH_USE_PYTORCH is 1, but'
  const fix = `Activate an environment with PyTorch (or set PYTHON to its interpreter), ${OTHERWISE.replace('it', 'LIBTORCH_USE_PYTORCH')}`
  if (python === undefined)
    throw missing(`${problem} ${PYTHON ? `PYTHON, ${PYTHON},` : 'a Python'} was not found.`, fix)
  const folder = query(python, ['-c', LOCATE], pythonOptions())
  if (!folder) throw missing(`${problem} ${python} has no package torch.`, fix)
  const what = `${problem} the torch of ${python} is not complete:`
  return explain(what, fix, () => describeLibTorch(folder, 'PyTorch'))
}
