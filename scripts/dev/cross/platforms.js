'use strict'

const { Problem } = require('../../problem.js')
const { which } = require('../../tools.js')

/**
 * The platforms that the package ships an addon for, and what builds it on another platform.
 *
 * @typedef {object} Platform
 * @property {string} machine `uname -m`
 * @property {string} arch in Node.js's words
 * @property {string} triple the prefix of the GNU tools' names
 * @property {string} compiler the package of Debian and Ubuntu that holds them
 */

/** @type {Record<string, Platform>} */
const PLATFORMS = {
  'linux-x64': {
    machine: 'x86_64',
    arch: 'x64',
    triple: 'x86_64-linux-gnu',
    compiler: 'g++-x86-64-linux-gnu',
  },
  'linux-arm64': {
    machine: 'aarch64',
    arch: 'arm64',
    triple: 'aarch64-linux-gnu',
    compiler: 'g++-aarch64-linux-gnu',
  },
}

/** @param {string} name @returns {Platform} */
function platformOf(name) {
  const platform = PLATFORMS[name]
  if (platform !== undefined) return platform
  const known = Object.keys(PLATFORMS).join(', ')
  throw new Problem(`The package ships no addon for the platform ${name}.`, `Name one or more of ${known}.`)
}

/**
 * A tool that makes programs for another platform.
 *
 * @param {string} name the platform
 * @param {'g++' | 'gcc' | 'strip'} tool
 * @param {import('../../tools.js').Env} [env]
 */
function crossTool(name, tool, env = process.env) {
  const { triple, compiler } = platformOf(name)
  const found = which([`${triple}-${tool}`], env)
  if (found !== undefined) return found
  throw new Problem(
    `The package ships an addon for ${name}, and the compiler for it is missing here: ${triple}-${tool}.`,
    `sudo apt-get install -y ${compiler}   (Debian, Ubuntu)\nor leave that platform out: LIBTORCH_DCGAN_PLATFORMS=${process.platform}-${process.arch} npm pack`,
  )
}

module.exports = { PLATFORMS, crossTool, platformOf }
