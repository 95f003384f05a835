import fs from 'node:fs'
import path from 'node:path'
import { allowsUnpinned, verdict, waysOut } from './catalogue.js'
import { hashFile } from './disk.js'
import { failure, SETUP } from './failure.js'
import { installCommand } from './programs.js'
import { pythons, queryPython, runPython } from './python.js'
import { line, size } from './report.js'

// The wheels hold compiled code for CPython 3.11 too, but only LibTorch is taken from them: any Python may fetch them.
const PYTHON_TAGS = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311']
const BRING = `bring a LibTorch archive or PyTorch wheel: ${SETUP} --from <file>`

/**
 * Finds a Python with pip. Throws if one does not answer and no other one has it.
 *
 * @param limit milliseconds that each has to answer in
 */
export function findPip(limit?: number): string | undefined {
  let silent: unknown
  for (const python of pythons()) {
    try {
      if (queryPython(python, ['-m', 'pip', '--version'], limit) !== undefined) return python
    } catch (error) {
      silent = error
    }
  }
  if (silent !== undefined) throw silent
  return undefined
}

interface PipOptions {
  machine: string
  /** The project that made the wheels, for the message. */
  owner: string
  /** Why pip is used, as a sentence. */
  why: string
  /** The index that has them, if PyPI lacks them. */
  index?: string | undefined
}

/** A file and its SHA-256. */
export interface Wheel {
  file: string
  sha256: string
}

/**
 * Downloads wheels under the user's own settings of pip (index, proxy, certificates), and checks the SHA-256 of each
 * one, whatever its name is.
 *
 * @param wanted exact versions, with each wheel's SHA-256; or ranges, which have none and are resolved with their
 *   dependencies
 * @param folder new and empty
 */
export async function pipDownload(
  wanted: Record<string, string> | string[],
  folder: string,
  { machine, owner, why, index }: PipOptions,
): Promise<Wheel[]> {
  const python = findPip()
  if (python === undefined) {
    throw failure(
      'ERR_DCGAN_IO',
      `${why} And pip, which could fetch LibTorch from the package index that it is set up for, was not found.`,
      `Connect to the network, or install pip:\n${installCommand('python3-pip')}\nor ${BRING}`,
    )
  }
  const [requirements, pinned] = Array.isArray(wanted)
    ? [wanted, []]
    : [Object.keys(wanted), Object.values(wanted)]
  fs.mkdirSync(folder, { recursive: true })
  const live = process.stderr.isTTY === true
  const args = [
    ...['-m', 'pip', 'download', '--disable-pip-version-check', '--only-binary=:all:', '--dest', folder],
    ...(live ? [] : ['--quiet']),
    ...(pinned.length > 0 ? ['--no-deps'] : []),
    ...PYTHON_TAGS,
    ...platformTags(machine).flatMap(tag => ['--platform', tag]),
    ...requirements,
  ]
  const other = index && `PIP_EXTRA_INDEX_URL=${index} ${SETUP}`
  const { status, output } = await runPython(python, args, live)
  if (status !== 0) {
    const errors = output.split('\n').filter(text => text.startsWith('ERROR'))
    const fix = [
      'Check the network and `python3 -m pip config list`,',
      ...(other ? [`and, as PyPI lacks it, name an index that has it: ${other},`] : []),
      `or ${BRING}`,
    ]
    const what = [`pip could not download ${requirements.join(', ')}.`, ...errors]
    throw failure('ERR_DCGAN_IO', what.join('\n'), fix.join('\n'), { unreachable: true })
  }
  const names = fs.readdirSync(folder).filter(name => name.endsWith('.whl'))
  if (names.length === 0)
    throw failure('ERR_DCGAN_IO', 'pip downloaded nothing.', 'python3 -m pip config list')
  return names.map(name => {
    const file = path.join(folder, name)
    const sha256 = hashFile(file)
    const known = pinned.find(hash => hash === sha256)
    if (known !== undefined || allowsUnpinned()) {
      line(`  downloaded ${name}, ${size(fs.statSync(file).size)}, ${verdict(sha256, known)}`)
      return { file, sha256 }
    }
    const only = pinned.length === 1 ? `, not ${pinned[0]}` : ''
    const fix = [
      'Check the package index that pip is set up for: python3 -m pip config list',
      ...(other ? [`and, if it lacks PyTorch's, add that: ${other}`] : []),
      waysOut(),
    ]
    const what = `pip gave ${name}, which is not ${owner}: its SHA-256 is ${sha256}${only}.`
    throw failure('ERR_DCGAN_IO', what, fix.join('\n'))
  })
}

/** pip takes a platform literally, so wheels for older ones must be requested too. */
function platformTags(machine: string): string[] {
  const glibcs = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}`)
  return [...glibcs, 'manylinux2014', 'manylinux2010', 'manylinux1'].map(name => `${name}_${machine}`)
}

/** Reads the requirements on NVIDIA's libraries in the METADATA of a torch wheel with CUDA. */
export function nvidiaRequirements(metadata: string): string[] {
  const requirements = [...metadata.matchAll(/^Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;\n]*)(;.*)?$/gm)]
    .filter(([, , marker = '']) => !/\bextra\b/.test(marker))
    .map(([, requirement = '']) => requirement.replace(/[\s()]/g, ''))
  // The rest of the runtime's headers, which the captured step is compiled with.
  const toolkit = requirements.map(name => /^cuda-toolkit.*==(\d+\.\d+)/.exec(name)?.[1]).find(Boolean)
  const headers = toolkit ? ['crt', 'cccl'].map(part => `nvidia-cuda-${part}==${toolkit}.*`) : []
  return [...requirements, ...headers]
}
