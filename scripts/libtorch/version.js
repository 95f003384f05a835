'use strict'

const path = require('node:path')
const { readText } = require('../files/disk.js')
const { Problem } = require('../problem.js')
const { isOlder } = require('../programs.js')

/** The oldest that the addon is built with and tested against. cmake/LibTorch.cmake reads this line. */
const MIN_LIBTORCH = '2.13'

// Newer releases have the numbers in the first header, which the second one then only includes.
const HEADERS = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']

/** LibTorch's version from its headers, as "x.y.z"; undefined if none tells it. @param {string} include */
function readVersion(include) {
  for (const header of HEADERS) {
    const text = readText(path.join(include, header)) ?? ''
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      part =>
        new RegExp(`^[ \\t]*#[ \\t]*define[ \\t]+TORCH_VERSION_${part}[ \\t]+(\\d+)[ \\t\\r]*$`, 'm').exec(
          text,
        )?.[1],
    )
    if (!parts.includes(undefined)) return parts.join('.')
  }
  return undefined
}

/** "2.13" of "2.13.0": LibTorch's C++ ABI is the same within a minor version. @param {string} version */
const minorOf = version => version.split('.').slice(0, 2).join('.')

/** Throws if a LibTorch is too old to build the addon with. @param {{ version: string, folder: string }} libtorch */
function requireSupported({ version, folder }) {
  if (!isOlder(version, MIN_LIBTORCH) || process.env.LIBTORCH_BYPASS_VERSION_CHECK === '1') return
  throw new Problem(
    `LibTorch ${version} in ${folder} is too old: the addon needs ${MIN_LIBTORCH} or newer.`,
    'Unset LIBTORCH and LIBTORCH_USE_PYTORCH, then: npx libtorch-dcgan setup --cpu\nor try it all the same: LIBTORCH_BYPASS_VERSION_CHECK=1 npx libtorch-dcgan setup --rebuild',
  )
}

module.exports = { minorOf, readVersion, requireSupported }
