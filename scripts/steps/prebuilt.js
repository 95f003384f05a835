'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { cutShort } = require('../files/elf.js')
const { PLATFORM, libc } = require('../libtorch/platform.js')
const { minorOf } = require('../libtorch/version.js')
const { Problem } = require('../problem.js')
const { tryAddon } = require('./try-addon.js')

/**
 * Why the prebuilt addon cannot be used here, as a sentence; undefined if it can.
 *
 * @param {string} root
 * @param {{ version: string, cuda: boolean, lib?: string }} libtorch without `lib`, LibTorch is yet to be fetched, and
 *   the addon is tried alone
 * @returns {string | undefined}
 * @throws {Problem} if it is not as it was shipped
 */
function prebuiltMisfit(root, { version, cuda, lib }) {
  const [addon = '', training = ''] = ['dcgan.node', 'libdcgan_training.so'].map(name =>
    path.join(root, 'prebuilds', PLATFORM, name),
  )
  // musl has the same platform and architecture as glibc, and needs another addon.
  const musl = libc() === 'musl'
  if (musl || !fs.existsSync(addon))
    return `The package has no prebuilt addon for ${PLATFORM}${musl ? ' with musl' : ''}.`
  const short = [addon, training].find(cutShort)
  const damage = fs.existsSync(training) ? short && `${short} is cut short` : `${training} is missing`
  if (damage !== undefined)
    throw new Problem(`The package is not as it was installed: ${damage}.`, reinstallCommand(root))
  const alone = tryAddon(addon)
  if (alone.version === undefined) return `The prebuilt addon does not load: ${alone.failure}.`
  if (cuda) return 'The prebuilt addon is for a LibTorch without CUDA.'
  if (minorOf(alone.version) !== minorOf(version))
    return `The prebuilt addon is for LibTorch ${minorOf(alone.version)}, and this is ${version}.`
  const { failure } = lib === undefined ? alone : tryAddon(addon, lib)
  return failure && `The prebuilt addon does not load with this LibTorch: ${failure}.`
}

/** The command that restores what the package ships. @param {string} root */
function reinstallCommand(root) {
  const folder = path.relative(process.cwd(), root) || root
  const quoted = /^[\w./@+-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`
  return `rm -r ${quoted} && npm install`
}

module.exports = { prebuiltMisfit, reinstallCommand }
