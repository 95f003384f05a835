'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { hashFile } = require('../files/disk.js')
const { Problem } = require('../problem.js')
const { installCommand } = require('../programs.js')
const { askPython, pythons, runPython } = require('../python.js')
const { line, size } = require('../terminal.js')
const { allowsUnpinned, verdict, waysOut } = require('./catalogue.js')

// The wheels hold compiled code for CPython 3.11 too, but only LibTorch is taken from them: any Python may fetch them.
const PYTHON_TAGS = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311']
const BRING = 'bring a LibTorch archive or PyTorch wheel: npx libtorch-dcgan setup --from <file>'

/**
 * Finds a Python with pip. Throws if one does not answer and no other one has it.
 *
 * @param {number} [limit] milliseconds that each has to answer in
 * @returns {string | undefined}
 */
function findPip(limit) {
  let silent
  for (const python of pythons()) {
    try {
      if (askPython(python, ['-m', 'pip', '--version'], limit) !== undefined) return python
    } catch (error) {
      silent = error
    }
  }
  if (silent !== undefined) throw silent
  return undefined
}

/**
 * Downloads wheels under the user's own settings of pip (index, proxy, certificates), and checks the SHA-256 of each
 * one, whatever its name is.
 *
 * @param {Record<string, string> | string[]} wanted exact versions, with each wheel's SHA-256; or ranges, which have
 *   none and are resolved with their dependencies
 * @param {string} folder new and empty
 * @param {{ machine: string, owner: string, why: string, index?: string | undefined }} options `owner`: whose wheels they
 *   ought to be; `why`: why pip is asked, as a sentence; `index`: the one that has them, if PyPI lacks them
 * @returns {Promise<{ file: string, sha256: string }[]>}
 */
async function pipDownload(wanted, folder, { machine, owner, why, index }) {
  const python = findPip()
  if (python === undefined) {
    throw new Problem(
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
  const other = index && `PIP_EXTRA_INDEX_URL=${index} npx libtorch-dcgan setup`
  const { status, output } = await runPython(python, args, live)
  if (status !== 0) {
    const errors = output.split('\n').filter(text => text.startsWith('ERROR'))
    throw new Problem(
      [`pip could not download ${requirements.join(', ')}.`, ...errors].join('\n'),
      [
        'Check the network and `python3 -m pip config list`,',
        ...(other ? [`and, as PyPI lacks it, name an index that has it: ${other},`] : []),
        `or ${BRING}`,
      ].join('\n'),
      { code: 'UNREACHABLE' },
    )
  }
  const names = fs.readdirSync(folder).filter(name => name.endsWith('.whl'))
  if (names.length === 0) throw new Problem('pip downloaded nothing.', 'python3 -m pip config list')
  return names.map(name => {
    const file = path.join(folder, name)
    const sha256 = hashFile(file)
    const known = pinned.find(hash => hash === sha256)
    if (known !== undefined || allowsUnpinned()) {
      line(`  downloaded ${name}, ${size(fs.statSync(file).size)}, ${verdict(sha256, known)}`)
      return { file, sha256 }
    }
    const only = pinned.length === 1 ? `, not ${pinned[0]}` : ''
    throw new Problem(
      `pip gave ${name}, which is not ${owner}: its SHA-256 is ${sha256}${only}.`,
      [
        'Check the package index that pip is set up for: python3 -m pip config list',
        ...(other ? [`and, if it lacks PyTorch's, add that: ${other}`] : []),
        waysOut(),
      ].join('\n'),
      { code: 'BAD_HASH' },
    )
  })
}

/** pip takes a platform literally: wheels for older ones must be asked for too. @param {string} machine */
function platformTags(machine) {
  const glibcs = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}`)
  return [...glibcs, 'manylinux2014', 'manylinux2010', 'manylinux1'].map(name => `${name}_${machine}`)
}

/**
 * The requirements on NVIDIA's libraries in the metadata of a torch wheel with CUDA.
 *
 * @param {string} metadata the wheel's METADATA
 */
function nvidiaRequirements(metadata) {
  const requirements = [...metadata.matchAll(/^Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;\n]*)(;.*)?$/gm)]
    .filter(([, , marker = '']) => !/\bextra\b/.test(marker))
    .map(([, requirement = '']) => requirement.replace(/[\s()]/g, ''))
  // The rest of the runtime's headers, which the captured step is compiled with.
  const toolkit = requirements.map(name => /^cuda-toolkit.*==(\d+\.\d+)/.exec(name)?.[1]).find(Boolean)
  const headers = toolkit ? ['crt', 'cccl'].map(part => `nvidia-cuda-${part}==${toolkit}.*`) : []
  return [...requirements, ...headers]
}

module.exports = { findPip, nvidiaRequirements, pipDownload }
