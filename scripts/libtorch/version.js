'use strict'

const fs = require('node:fs')
const path = require('node:path')

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

module.exports = { minorOf, parseVersion, readVersion }
