'use strict'

const path = require('node:path')
const { requireCMake, requireMake } = require('../../tools.js')
const { duration } = require('../../terminal.js')
const { buildApart } = require('../cmake.js')
const { crossLibTorch } = require('./libtorch.js')
const { crossTool, platformOf } = require('./platforms.js')

const ROOT = path.join(__dirname, '..', '..', '..')

/**
 * Builds the addon and the engine for another platform than this machine's, in a folder of their own.
 *
 * @param {string} platform for example "linux-arm64"
 * @param {import('../../terminal.js').Output} terminal
 * @returns {Promise<{ built: string, libtorch: import('../../libtorch/find.js').LibTorchInfo }>} the folder with both,
 *   and the LibTorch that they were built with
 */
async function crossBuild(platform, terminal) {
  const started = Date.now()
  const { machine } = platformOf(platform)
  const compiler = crossTool(platform, 'g++')
  requireCMake()
  requireMake()
  const libtorch = await crossLibTorch(platform, terminal)
  const folder = path.join(ROOT, 'node_modules', '.cache', 'libtorch-dcgan', platform, 'build')
  const definitions = [
    '-DCMAKE_SYSTEM_NAME=Linux',
    `-DCMAKE_SYSTEM_PROCESSOR=${machine}`,
    `-DCMAKE_CXX_COMPILER=${compiler}`,
    `-DLIBTORCH=${libtorch.folder}`,
  ]
  terminal.line(`Building the addon for ${platform} with ${compiler} and LibTorch in ${libtorch.folder}`)
  await buildApart(folder, definitions, `for ${platform}`, terminal)
  terminal.line(`Built it in ${duration(Date.now() - started)}`)
  return { built: path.join(folder, 'Release'), libtorch }
}

module.exports = { crossBuild }
