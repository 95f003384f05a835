'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')

/** The oldest that the addon is built with and tested against. cmake/LibTorch.cmake reads this line. */
const MIN_LIBTORCH = '2.13'

// Newer releases keep the numbers in the first; the second then only includes it.
const HEADERS = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']

/**
 * LibTorch's version from its headers, as "x.y.z".
 *
 * @param {string} include LibTorch's `include/`
 * @returns {string | undefined} undefined where no header tells it
 */
function readVersion(include) {
  for (const header of HEADERS) {
    let text
    try {
      text = fs.readFileSync(path.join(include, header), 'utf8')
    } catch {
      continue
    }
    const version = parseVersion(text)
    if (version !== undefined) return version
  }
  return undefined
}

/** @param {string} header the text of a version.h @returns {string | undefined} */
function parseVersion(header) {
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    part => new RegExp(`^\\s*#\\s*define\\s+TORCH_VERSION_${part}\\s+(\\d+)\\s*$`, 'm').exec(header)?.[1],
  )
  return parts.includes(undefined) ? undefined : parts.join('.')
}

/** "2.13" of "2.13.0": within a minor version LibTorch's C++ ABI stays. @param {string} version */
function minorOf(version) {
  return version.split('.').slice(0, 2).join('.')
}

/**
 * Throws where a LibTorch is older than the addon can be built with.
 *
 * @param {{ version: string, folder: string }} libtorch
 * @param {Record<string, string | undefined>} env
 */
function requireSupported({ version, folder }, env = process.env) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = MIN_LIBTORCH.split('.').map(Number)
  const old = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  if (!old || env.LIBTORCH_BYPASS_VERSION_CHECK === '1') return
  throw new Problem(
    `LibTorch ${version} in ${folder} is too old: the addon needs ${MIN_LIBTORCH} or newer.`,
    'Unset LIBTORCH and LIBTORCH_USE_PYTORCH, then: npx libtorch-dcgan setup --cpu\nor try it all the same: LIBTORCH_BYPASS_VERSION_CHECK=1 npx libtorch-dcgan setup --rebuild',
  )
}

module.exports = { minorOf, parseVersion, readVersion, requireSupported }
