#!/usr/bin/env node
'use strict'

// npm run prebuild, and what npm pack runs first: sets up, and puts the addon that was built here into prebuilds/,
// as the package ships it.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { VERSIONS, releaseFor } = require('../libtorch/catalogue.js')
const { findLibTorch } = require('../libtorch/find.js')
const { minorOf } = require('../libtorch/version.js')
const { Problem } = require('../problem.js')
const { prebuiltFolder } = require('../steps/prebuilt.js')
const { main: setUp } = require('../setup.js')
const { size } = require('../terminal.js')
const { faultsOf } = require('./binary.js')

const ROOT = path.join(__dirname, '..', '..')
const ADDON = 'dcgan.node'
const WEIGHTS = path.join('weights', 'mnist.safetensors')
const ENGINE = 'libdcgan_engine.so'

/**
 * Strips what was built, and makes sure that it loads elsewhere.
 *
 * @param {string} built the folder with the addon and the engine
 * @param {string} target the folder to put them in
 * @returns {string[]} the files made
 */
function makePrebuilt(built, target) {
  const beside = `${target}.${process.pid}.tmp`
  fs.rmSync(beside, { recursive: true, force: true })
  fs.mkdirSync(beside, { recursive: true })
  try {
    for (const name of [ADDON, ENGINE]) {
      const { status, stderr, error } = spawnSync(
        'strip',
        ['--strip-unneeded', '-o', path.join(beside, name), path.join(built, name)],
        { encoding: 'utf8' },
      )
      if (status !== 0)
        throw new Problem(`${name} cannot be stripped: ${error?.message ?? stderr.trim()}`, 'npm run setup')
    }
    const faults = [
      ...faultsOf(path.join(beside, ADDON), { libtorch: false }),
      ...faultsOf(path.join(beside, ENGINE), { libtorch: true }),
    ]
    if (faults.length > 0) throw new Problem(`The addon would not load elsewhere:\n${faults.join('\n')}`)
    fs.rmSync(target, { recursive: true, force: true })
    fs.renameSync(beside, target)
  } finally {
    fs.rmSync(beside, { recursive: true, force: true })
  }
  return [ADDON, ENGINE].map(name => path.join(target, name))
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const status = await setUp([])
  if (status !== 0) return status
  try {
    const { version } = releaseFor('cpu')
    const libtorch = findLibTorch({ prefer: VERSIONS.map(minorOf) })
    if (libtorch === undefined || libtorch.cuda || minorOf(libtorch.version) !== minorOf(version)) {
      throw new Problem(
        `The package ships an addon for LibTorch ${minorOf(version)} for the CPU; what was set up is ${libtorch?.version} in ${libtorch?.folder}.`,
        'node scripts/setup.js --cpu   (LIBTORCH and LIBTORCH_USE_PYTORCH unset)',
      )
    }
    if (!fs.existsSync(path.join(ROOT, WEIGHTS))) {
      throw new Problem(`${WEIGHTS}, which the package ships, is missing.`, `git checkout ${WEIGHTS}`)
    }
    const target = prebuiltFolder(ROOT)
    for (const file of makePrebuilt(path.join(ROOT, 'build', 'Release'), target)) {
      process.stderr.write(`${path.relative(ROOT, file)}  ${size(fs.statSync(file).size)}\n`)
    }
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`${error.text}\n`)
    return 1
  }
}

module.exports = { makePrebuilt }

if (require.main === module) {
  main().then(code => {
    process.exitCode = code
  })
}
