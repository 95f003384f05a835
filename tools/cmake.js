'use strict'

const os = require('node:os')
const path = require('node:path')
const { MACHINES, PLATFORM } = require('../dist/internal/platform.js')
const { failure } = require('../dist/internal/failure.js')
const { findProgram } = require('../dist/setup/programs.js')
const { run } = require('../dist/setup/run.js')
const { showCompiling } = require('../dist/setup/build-addon.js')
const terminal = require('../dist/internal/report.js')

const ROOT = path.join(__dirname, '..')

/**
 * Configures and builds the addon and the engine in a folder of its own, apart from build/.
 *
 * @param {string} folder
 * @param {string[]} definitions CMake's, each as -DNAME=value
 * @param {string} what for the message, for example 'with CUDA'
 */
async function buildApart(folder, definitions, what) {
  const generator = findProgram('ninja') === undefined ? [] : ['-G', 'Ninja']
  const steps = [
    ['-S', ROOT, '-B', folder, ...generator, ...definitions],
    ['--build', folder, '--parallel', String(os.availableParallelism())],
  ]
  for (const args of steps) {
    const { status, output } = await run('cmake', args, { onLine: showCompiling })
    terminal.clear()
    if (status !== 0) {
      const last = output.trim().split('\n').slice(-60).join('\n')
      throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `The addon does not build ${what}:\n${last}`)
    }
  }
}

/**
 * Finds a GNU tool that makes programs for another platform.
 *
 * @param {string} platform for example "linux-arm64"
 * @param {'g++' | 'gcc' | 'strip'} tool
 */
function crossTool(platform, tool) {
  const triple = `${MACHINES[platform]}-linux-gnu`
  const found = findProgram(`${triple}-${tool}`)
  if (found !== undefined) return found
  throw failure(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    `The package ships an addon for ${platform}, and the compiler for it is missing here: ${triple}-${tool}.`,
    `sudo apt-get install -y g++-${triple.replace('_', '-')}   (Debian, Ubuntu)\nor leave that platform out: LIBTORCH_DCGAN_PLATFORMS=${PLATFORM} npm pack`,
  )
}

module.exports = { buildApart, crossTool }
