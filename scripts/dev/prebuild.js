#!/usr/bin/env node
'use strict'

// npm run prebuild, and what npm pack runs first: sets up, builds the addon for the other platforms too, and puts them
// into prebuilds/, as the package ships them. LIBTORCH_DCGAN_PLATFORMS names those to ship instead of all.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { VERSIONS, releaseFor } = require('../libtorch/catalogue.js')
const { findLibTorch } = require('../libtorch/find.js')
const { PLATFORM } = require('../libtorch/platform.js')
const { minorOf } = require('../libtorch/version.js')
const { Problem } = require('../problem.js')
const { stopAll } = require('../run.js')
const { main: setUp } = require('../setup.js')
const { Terminal, size } = require('../terminal.js')
const { faultsOf } = require('./binary.js')
const { crossBuild } = require('./cross/build.js')
const { PLATFORMS, crossTool, platformOf } = require('./cross/platforms.js')

const ROOT = path.join(__dirname, '..', '..')
const PREBUILDS = path.join(ROOT, 'prebuilds')
const ADDON = 'dcgan.node'
const WEIGHTS = path.join('weights', 'mnist.safetensors')
const ENGINE = 'libdcgan_engine.so'

/**
 * Strips what was built, and makes sure that it loads elsewhere.
 *
 * @param {string} built the folder with the addon and the engine
 * @param {string} target the folder to put them in
 * @param {string} [platform] what they were built for
 * @returns {string[]} the files made
 */
function makePrebuilt(built, target, platform = PLATFORM) {
  const strip = platform === PLATFORM ? 'strip' : crossTool(platform, 'strip')
  const { arch } = platformOf(platform)
  const beside = `${target}.${process.pid}.tmp`
  fs.rmSync(beside, { recursive: true, force: true })
  fs.mkdirSync(beside, { recursive: true })
  try {
    for (const name of [ADDON, ENGINE]) {
      const { status, stderr, error } = spawnSync(
        strip,
        ['--strip-unneeded', '-o', path.join(beside, name), path.join(built, name)],
        { encoding: 'utf8' },
      )
      if (status !== 0)
        throw new Problem(`${name} cannot be stripped: ${error?.message ?? stderr.trim()}`, 'npm run setup')
    }
    const faults = [
      ...faultsOf(path.join(beside, ADDON), { libtorch: false, arch }),
      ...faultsOf(path.join(beside, ENGINE), { libtorch: true, arch }),
    ]
    if (faults.length > 0) throw new Problem(`The addon would not load elsewhere:\n${faults.join('\n')}`)
    fs.rmSync(target, { recursive: true, force: true })
    fs.renameSync(beside, target)
  } finally {
    fs.rmSync(beside, { recursive: true, force: true })
  }
  return [ADDON, ENGINE].map(name => path.join(target, name))
}

/** The platforms to ship an addon for. @param {import('../tools.js').Env} [env] */
function wantedPlatforms(env = process.env) {
  const names = env.LIBTORCH_DCGAN_PLATFORMS?.split(/[\s,]+/).filter(Boolean) ?? []
  for (const name of names) platformOf(name)
  return names.length > 0 ? names : Object.keys(PLATFORMS)
}

/** @returns {Promise<number>} the exit code */
async function main() {
  try {
    const platforms = wantedPlatforms()
    // Before minutes of compiling, not after them.
    for (const name of platforms) if (name !== PLATFORM) crossTool(name, 'g++')
    const status = await setUp([])
    if (status !== 0) return status
    requireShippable()
    fs.rmSync(PREBUILDS, { recursive: true, force: true })
    for (const name of platforms) {
      const built =
        name === PLATFORM
          ? path.join(ROOT, 'build', 'Release')
          : (await crossBuild(name, new Terminal())).built
      for (const file of makePrebuilt(built, path.join(PREBUILDS, name), name))
        process.stderr.write(`${path.relative(ROOT, file)}  ${size(fs.statSync(file).size)}\n`)
    }
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`${error.text}\n`)
    return 1
  }
}

/** Throws where what is here is not what the package ships. */
function requireShippable() {
  const { version } = releaseFor('cpu')
  const libtorch = findLibTorch({ prefer: VERSIONS.map(minorOf) })
  if (libtorch === undefined || libtorch.cuda || minorOf(libtorch.version) !== minorOf(version)) {
    throw new Problem(
      `The package ships an addon for LibTorch ${minorOf(version)} for the CPU; what was set up is ${libtorch?.version} in ${libtorch?.folder}.`,
      'node scripts/setup.js --cpu   (LIBTORCH and LIBTORCH_USE_PYTORCH unset)',
    )
  }
  if (fs.existsSync(path.join(ROOT, WEIGHTS))) return
  throw new Problem(`${WEIGHTS}, which the package ships, is missing.`, `git checkout ${WEIGHTS}`)
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
