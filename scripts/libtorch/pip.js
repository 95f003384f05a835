'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { askPython, findPython, pythons, runPython } = require('../python.js')
const { installCommand } = require('../tools.js')

// The wheels hold compiled code for CPython 3.11 too, but of them only LibTorch is taken: any Python may fetch them.
const PYTHON_TAGS = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311']

/**
 * A Python with pip. Throws where one does not answer and no other has it.
 *
 * @param {import('../tools.js').Env} env
 * @param {number} [limit] milliseconds that each has to answer in
 * @returns {string | undefined}
 */
function findPip(env = process.env, limit) {
  let silent
  for (const name of pythons(env)) {
    const python = findPython([name], env)
    try {
      if (python !== undefined && askPython(python, ['-m', 'pip', '--version'], env, limit) !== undefined)
        return python
    } catch (error) {
      silent = error
    }
  }
  if (silent !== undefined) throw silent
  return undefined
}

/** @param {string} why what was tried before, as a sentence */
function noPip(why) {
  return new Problem(
    `${why} And pip, which could fetch LibTorch from the package index that it is set up for, was not found.`,
    `Connect to the network, or install pip:\n${installCommand({
      debian: 'python3-pip',
      fedora: 'python3-pip',
    })}\nor bring a LibTorch archive or PyTorch wheel: npx libtorch-dcgan setup --from <file>`,
  )
}

/**
 * Downloads wheels under the user's own pip settings (index, proxy, certificates).
 *
 * @param {string} python
 * @param {string[]} requirements
 * @param {string} folder new and empty
 * @param {{ machine: string, dependencies: boolean, index?: string | undefined, env?: import('../tools.js').Env }} options
 *   `index`: the one that has them, where PyPI lacks them
 * @returns {Promise<string[]>} the wheels' paths
 */
async function pipDownload(
  python,
  requirements,
  folder,
  { machine, dependencies, index, env = process.env },
) {
  fs.mkdirSync(folder, { recursive: true })
  const live = process.stderr.isTTY === true
  const { status, output } = await runPython(
    python,
    [
      ...['-m', 'pip', 'download', '--disable-pip-version-check', '--only-binary=:all:', '--dest', folder],
      ...(live ? [] : ['--quiet']),
      ...(dependencies ? [] : ['--no-deps']),
      ...PYTHON_TAGS,
      ...platformTags(machine).flatMap(tag => ['--platform', tag]),
      ...requirements,
    ],
    env,
    live,
  )
  if (status !== 0) {
    const words = output.split('\n').filter(line => line.startsWith('ERROR'))
    throw new Problem(
      `pip could not download ${requirements.join(', ')}.${words.length > 0 ? `\n${words.join('\n')}` : ''}`,
      `Look at the network and at \`python3 -m pip config list\`,\n${
        index === undefined
          ? ''
          : `and, as PyPI lacks it, name an index that has it: PIP_EXTRA_INDEX_URL=${index} npx libtorch-dcgan setup,\n`
      }or bring a LibTorch archive or PyTorch wheel: npx libtorch-dcgan setup --from <file>`,
      { code: 'UNREACHABLE' },
    )
  }
  return fs
    .readdirSync(folder)
    .filter(name => name.endsWith('.whl'))
    .map(name => path.join(folder, name))
}

/** Told a platform, pip takes it literally: a wheel for an older one must be asked for too. @param {string} machine */
function platformTags(machine) {
  const glibcs = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}_${machine}`)
  return [...glibcs, ...['manylinux2014', 'manylinux2010', 'manylinux1'].map(name => `${name}_${machine}`)]
}

/**
 * What a CUDA build of torch needs beside itself: the requirements on NVIDIA's libraries in its metadata.
 *
 * @param {string} metadata the wheel's METADATA
 * @returns {string[]}
 */
function nvidiaRequirements(metadata) {
  const requirements = [
    ...metadata.matchAll(/^Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;\n]*)(?:;(.*))?$/gm),
  ]
    .filter(match => !/\bextra\b/.test(match[2] ?? ''))
    .map(match => (match[1] ?? '').replace(/[\s()]/g, ''))
  // The rest of the runtime's headers, which the captured step is compiled with.
  const toolkit = requirements.map(name => /^cuda-toolkit.*==(\d+\.\d+)/.exec(name)?.[1]).find(Boolean)
  return toolkit === undefined
    ? requirements
    : [...requirements, ...['crt', 'cccl'].map(part => `nvidia-cuda-${part}==${toolkit}.*`)]
}

module.exports = { findPip, noPip, nvidiaRequirements, pipDownload }
