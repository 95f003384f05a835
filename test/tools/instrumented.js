'use strict'

const path = require('node:path')
const { findLibTorch } = require('../../dist/setup/find.js')
const { failure } = require('../../dist/internal/failure.js')
const { requireBuildTools } = require('../../dist/setup/programs.js')
const { buildApart } = require('../../tools/cmake.js')

const CACHE = path.join(__dirname, '..', '..', 'node_modules', '.cache', 'libtorch-dcgan')

/**
 * Builds the addon and the engine with these flags, apart from build/.
 *
 * @param {string} name of the folder
 * @param {string} flags the compiler's
 * @param {string} what for the message, for example 'with gcov'
 * @param {string[]} [more] definitions of CMake's, each as -DNAME=value
 * @returns the folder, `build` in it, and the variables with which tests take what was built
 */
async function buildInstrumented(name, flags, what, more = []) {
  const libtorch = findLibTorch()
  if (libtorch === undefined)
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', 'LibTorch was not found.', 'npm run setup')
  requireBuildTools()
  // Laid out as the loader wants it: LIBTORCH_DCGAN_PREBUILD names the folder above build/.
  const folder = path.join(CACHE, name)
  const build = path.join(folder, 'build')
  const options = ['-DCMAKE_BUILD_TYPE=Instrumented', `-DCMAKE_CXX_FLAGS_INSTRUMENTED=${flags}`, ...more]
  await buildApart(build, [...options, `-DLIBTORCH=${libtorch.folder}`], what)
  return { folder, build, env: { LIBTORCH: libtorch.folder, LIBTORCH_DCGAN_PREBUILD: folder } }
}

module.exports = { buildInstrumented }
