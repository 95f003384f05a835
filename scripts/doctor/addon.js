'use strict'

const path = require('node:path')
const { minorOf } = require('../libtorch/version.js')
const { Problem, SETUP } = require('../problem.js')
const { reinstallCommand } = require('../steps/prebuilt.js')
const { tryAddon } = require('../steps/try-addon.js')

/** How the user replaces a LibTorch that is damaged. */
const REPLACE = {
  LIBTORCH: 'Point LIBTORCH at an intact LibTorch, or unset it.',
  PyTorch: 'python3 -m pip install --force-reinstall torch',
  cache: `${SETUP} --remove && ${SETUP}`,
}

/**
 * Loads the addon, alone and with LibTorch, in a process of its own. Alone, it samples.
 *
 * @param {string} root
 * @param {import('../doctor.js').Findings} findings what is found out is added
 * @returns {import('../doctor.js').Found}
 */
function checkAddon(root, findings) {
  const { libtorch } = findings
  findings.building = true
  const file = findAddon(root)
  const prebuilt = path.relative(root, file).startsWith('prebuilds')
  findings.building = !prebuilt
  const kind = prebuilt ? 'prebuilt' : 'built here'
  const fix = prebuilt ? reinstallCommand(root) : `${SETUP} --rebuild`
  const { version, failure } = tryAddon(file)
  if (version === undefined) throw new Problem(`${file} (${kind}) does not load: ${failure}`, fix)
  findings.samples = true
  const detail = `${kind}, for LibTorch ${version || 'none'}: ${file}`
  if (libtorch === undefined) {
    findings.building = false
    return { detail }
  }
  if (version === '')
    throw new Problem(`${detail}; but there is LibTorch ${libtorch.version}`, `${SETUP} --rebuild`)
  if (minorOf(version) !== minorOf(libtorch.version) && process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1') {
    findings.building = true
    throw new Problem(`${detail}; but LibTorch is ${libtorch.version}`, SETUP)
  }
  const together = tryAddon(file, libtorch.lib)
  if (together.failure !== undefined) {
    const damaged = together.failure.includes(libtorch.lib)
    findings.building = !damaged && !prebuilt
    throw new Problem(
      `${detail} does not load LibTorch: ${together.failure}`,
      damaged ? REPLACE[libtorch.source] : fix,
    )
  }
  findings.building = false
  findings.trains = true
  const { threads, level, cudaDevices = 0 } = together.info ?? {}
  findings.cudaDevices = cudaDevices
  return { detail: `${detail} (level ${level}, ${threads} threads)` }
}

/** @param {string} root @returns {string} */
function findAddon(root) {
  try {
    // @ts-expect-error it has no types
    return require('node-gyp-build').path(root)
  } catch (cause) {
    const place = `${process.platform}-${process.arch} in build/Release or prebuilds of ${root}`
    throw new Problem(`None for ${place}.`, SETUP, { cause })
  }
}

module.exports = { checkAddon }
