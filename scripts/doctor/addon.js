'use strict'

const path = require('node:path')
const { minorOf } = require('../libtorch/version.js')
const { reason } = require('../problem.js')
const { reinstallCommand } = require('../steps/prebuilt.js')
const { tryAddon } = require('../steps/try-addon.js')
const { runThroughPackage } = require('./package.js')

/** The package that finds the addon; it has no types. @type {string} */
const LOADER = 'node-gyp-build'
const NAME = 'addon'
const SETUP = 'npx libtorch-dcgan setup'
const REBUILD = `${SETUP} --rebuild`

/** How a LibTorch that is damaged is replaced. */
const REPLACE = {
  LIBTORCH: 'Point LIBTORCH at an intact LibTorch, or unset it.',
  PyTorch: 'python3 -m pip install --force-reinstall torch',
  cache: `${SETUP} --remove && ${SETUP}`,
}

/** @typedef {import('../doctor.js').Check} Check */

/**
 * @param {string} root
 * @param {import('../libtorch/find.js').LibTorchInfo | undefined} libtorch
 * @returns {{ check: Check, building: boolean, cudaDevices?: number }} `building`: whether what it lacks has to be
 *   built; the GPUs that LibTorch sees, where it loads
 */
function checkAddon(root, libtorch) {
  let file
  try {
    file = require(LOADER).path(root)
  } catch (error) {
    const detail = `None for ${process.platform}-${process.arch} in build/Release or prebuilds of ${root}.`
    return failed(`${detail} ${missingPackage(error)}`.trim(), SETUP, true)
  }
  const prebuilt = path.relative(root, file).startsWith('prebuilds')
  const kind = prebuilt ? 'prebuilt' : 'built here'
  const mend = prebuilt ? reinstallCommand(root) : REBUILD
  const alone = tryAddon(file)
  if (alone.version === undefined) {
    return failed(`${file} (${kind}) does not load: ${alone.failure}`, mend, !prebuilt)
  }
  const detail = `${kind}, for LibTorch ${alone.version}: ${file}`
  if (libtorch === undefined) {
    const check = /** @type {Check} */ ({
      name: NAME,
      status: 'skipped',
      detail: `${detail} (not tried: no LibTorch)`,
    })
    return { check, building: !prebuilt }
  }
  if (
    minorOf(alone.version) !== minorOf(libtorch.version) &&
    process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1'
  ) {
    return failed(`${detail}; but LibTorch is ${libtorch.version}`, SETUP, true)
  }
  const together = tryAddon(file, libtorch.lib)
  if (together.failure !== undefined) {
    const damaged = together.failure.includes(libtorch.lib)
    const fix = damaged ? REPLACE[libtorch.source] : mend
    return failed(`${detail} does not load LibTorch: ${together.failure}`, fix, !damaged && !prebuilt)
  }
  const { threads, cpuCapability, cudaDevices = 0 } = together.info ?? {}
  const check = /** @type {Check} */ ({
    name: NAME,
    status: 'ok',
    detail: `${detail} (${cpuCapability}, ${threads} threads)`,
  })
  return { check, building: false, cudaDevices }
}

/** @param {string} detail @param {string} fix @param {boolean} building @returns {{ check: Check, building: boolean }} */
function failed(detail, fix, building) {
  return { check: { name: NAME, status: 'failed', detail, fix }, building }
}

/** @param {unknown} error */
function missingPackage(error) {
  return reason(error).includes("'node-gyp-build'")
    ? 'The package node-gyp-build is missing too: npm install.'
    : ''
}

const SELF_TEST = `
const { DCGAN } = require(process.argv[1])
;(async () => {
  const begin = performance.now()
  const gan = new DCGAN({ seed: 1 })
  const { pixels } = await gan.sample(16, { seed: 1 })
  const levels = new Set(pixels).size
  if (levels < 8) throw new Error('the generator gives ' + levels + ' grey levels only')
  const device = gan.device
  await gan.dispose()
  return '16 images on ' + device + ' in ' + ((performance.now() - begin) / 1000).toFixed(2) + ' s'
})()`

/**
 * Makes a few images as a user would.
 *
 * @param {string} root
 * @param {boolean} working whether the addon loads
 * @returns {Promise<Check>}
 */
async function checkSelfTest(root, working) {
  const name = 'self-test'
  if (!working) return { name, status: 'skipped', detail: 'not run: the addon does not load' }
  const { detail, failure } = await runThroughPackage(root, SELF_TEST)
  if (failure === undefined) return { name, status: 'ok', detail }
  return { name, status: 'failed', detail: failure, fix: SETUP }
}

module.exports = { checkAddon, checkSelfTest }
