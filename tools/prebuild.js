#!/usr/bin/env node
'use strict'

// npm pack runs this first. It sets up, builds the addon for the other platforms too, and puts them
// into prebuilds/, as the package ships them. LIBTORCH_DCGAN_PLATFORMS names those to ship instead of all.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

if (require.main === module) require('../scripts/setup.js').bootstrap()

const { reportFailure } = require('../dist/cli/failure.js')
const { releaseFor } = require('../dist/setup/catalogue.js')
const { findLibTorch } = require('../dist/setup/find.js')
const { MACHINES, PLATFORM } = require('../dist/internal/platform.js')
const { minorOf } = require('../dist/internal/version.js')
const { failure } = require('../dist/internal/failure.js')
const { stopAll } = require('../dist/setup/run.js')
const { setUp } = require('../dist/setup/setup.js')
const { size } = require('../dist/internal/report.js')
const { faultsOf } = require('./binary.js')
const { crossTool } = require('./cmake.js')
const { crossBuild } = require('./cross/build.js')

const ROOT = path.join(__dirname, '..')
const PREBUILDS = path.join(ROOT, 'prebuilds')
const WEIGHTS = path.join('weights', 'mnist.safetensors')
const ADDON = 'dcgan.node'
const TRAINING = 'libdcgan_training.so'

/**
 * Strips what was built, and makes sure that it loads elsewhere.
 *
 * @param {string} built the folder with the addon and the training library
 * @param {string} target the folder to put them in
 * @param {string} [platform] what they were built for
 * @returns {string[]} the files made
 */
function makePrebuilt(built, target, platform = PLATFORM) {
  const strip = platform === PLATFORM ? 'strip' : crossTool(platform, 'strip')
  const arch = platform.replace('linux-', '')
  const made = `${target}.${process.pid}.tmp`
  fs.rmSync(made, { recursive: true, force: true })
  fs.mkdirSync(made, { recursive: true })
  try {
    const faults = [ADDON, TRAINING].flatMap(name => {
      const stripped = path.join(made, name)
      const args = ['--strip-unneeded', '-o', stripped, path.join(built, name)]
      const { status, stderr, error } = spawnSync(strip, args, { encoding: 'utf8' })
      if (status !== 0)
        throw failure(
          'ERR_DCGAN_NATIVE_NOT_FOUND',
          `${name} cannot be stripped: ${error?.message ?? stderr.trim()}`,
          'npm run setup',
        )
      return faultsOf(stripped, { libtorch: name === TRAINING, arch })
    })
    if (faults.length > 0)
      throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `The addon would not load elsewhere:\n${faults.join('\n')}`)
    fs.rmSync(target, { recursive: true, force: true })
    fs.renameSync(made, target)
  } finally {
    fs.rmSync(made, { recursive: true, force: true })
  }
  return [ADDON, TRAINING].map(name => path.join(target, name))
}

/** The platforms to ship an addon for. */
function wantedPlatforms() {
  const names = process.env.LIBTORCH_DCGAN_PLATFORMS?.split(/[\s,]+/).filter(Boolean) ?? []
  const known = Object.keys(MACHINES)
  const unknown = names.find(name => !known.includes(name))
  if (unknown === undefined) return names.length > 0 ? names : known
  const fix = `Name one or more of ${known.join(', ')}.`
  throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `The package ships no addon for the platform ${unknown}.`, fix)
}

/** @returns {Promise<number>} the exit code */
async function main() {
  try {
    const platforms = wantedPlatforms()
    // Checked before minutes of compiling, not after them.
    for (const name of platforms) if (name !== PLATFORM) crossTool(name, 'g++')
    await setUp()
    requireShippable()
    fs.rmSync(PREBUILDS, { recursive: true, force: true })
    for (const name of platforms) {
      const here = path.join(ROOT, 'build', 'Release')
      const built = name === PLATFORM ? here : (await crossBuild(name)).built
      for (const file of makePrebuilt(built, path.join(PREBUILDS, name), name))
        process.stderr.write(`${path.relative(ROOT, file)}  ${size(fs.statSync(file).size)}\n`)
    }
    return 0
  } catch (error) {
    return reportFailure(error)
  }
}

/** Throws if what is here is not what the package ships. */
function requireShippable() {
  const { version } = releaseFor('cpu')
  const libtorch = findLibTorch()
  if (libtorch === undefined || libtorch.cuda || minorOf(libtorch.version) !== minorOf(version)) {
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The package ships an addon for LibTorch ${minorOf(version)} for the CPU; set-up found ${libtorch?.version} in ${libtorch?.folder}.`,
      'npm run setup -- --cpu   (LIBTORCH and LIBTORCH_USE_PYTORCH unset)',
    )
  }
  if (fs.existsSync(path.join(ROOT, WEIGHTS))) return
  throw failure(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    `${WEIGHTS}, which the package ships, is missing.`,
    `git checkout ${WEIGHTS}`,
  )
}

module.exports = { makePrebuilt }

if (require.main === module) {
  process.once('SIGINT', () => {
    stopAll()
    process.exit(130)
  })
  main().then(code => {
    process.exitCode = code
  })
}
