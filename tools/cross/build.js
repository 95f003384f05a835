'use strict'

const path = require('node:path')
const { MACHINES } = require('../../dist/internal/platform.js')
const { BUILD_TOOLS } = require('../../dist/setup/programs.js')
const { duration, line } = require('../../dist/internal/report.js')
const { buildApart, crossTool } = require('../cmake.js')
const { crossLibTorch } = require('./libtorch.js')

const ROOT = path.join(__dirname, '..', '..')

/**
 * Builds the addon and the engine for another platform than this machine's, in a folder of their own.
 *
 * @param {string} platform
 * @returns {Promise<{ built: string, libtorch: import('../../dist/setup/find.js').LibTorchInfo }>} the folder with
 *   both, and the LibTorch that they were built with
 */
async function crossBuild(platform) {
  const started = Date.now()
  const compiler = crossTool(platform, 'g++')
  BUILD_TOOLS.CMake()
  BUILD_TOOLS.make()
  const libtorch = await crossLibTorch(platform)
  const folder = path.join(ROOT, 'node_modules', '.cache', 'libtorch-dcgan', platform, 'build')
  const definitions = [
    '-DCMAKE_SYSTEM_NAME=Linux',
    `-DCMAKE_SYSTEM_PROCESSOR=${MACHINES[platform]}`,
    `-DCMAKE_CXX_COMPILER=${compiler}`,
    `-DLIBTORCH=${libtorch.folder}`,
  ]
  line(`Building the addon for ${platform} with ${compiler} and LibTorch in ${libtorch.folder}`)
  await buildApart(folder, definitions, `for ${platform}`)
  line(`Built it in ${duration(started)}`)
  return { built: path.join(folder, 'Release'), libtorch }
}

module.exports = { crossBuild }
