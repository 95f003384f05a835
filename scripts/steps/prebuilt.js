'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { cutShort } = require('../files/elf.js')
const { PLATFORM, libc } = require('../libtorch/platform.js')
const { minorOf } = require('../libtorch/version.js')
const { tryAddon } = require('./try-addon.js')

/** A file of the addon that the package ships for this platform. @param {string} root @param {string} name */
const prebuilt = (root, name) => path.join(root, 'prebuilds', PLATFORM, name)

/**
 * Why the prebuilt addon cannot be used here, as a sentence; undefined if it can.
 *
 * @param {string} root
 * @param {{ version: string, cuda: boolean, lib?: string }} libtorch without `lib`, LibTorch is yet to be fetched, and
 *   the addon is tried alone
 * @returns {string | undefined}
 */
function prebuiltMisfit(root, { version, cuda, lib }) {
  const file = prebuilt(root, 'dcgan.node')
  // musl has the same platform and architecture as glibc, and needs another addon.
  const musl = libc() === 'musl'
  if (musl || !fs.existsSync(file))
    return `The package has no prebuilt addon for ${PLATFORM}${musl ? ' with musl' : ''}.`
  const alone = tryAddon(file)
  if (alone.version === undefined) return `The prebuilt addon does not load: ${alone.failure}.`
  if (cuda) return 'The prebuilt addon is for a LibTorch without CUDA.'
  if (minorOf(alone.version) !== minorOf(version))
    return `The prebuilt addon is for LibTorch ${minorOf(alone.version)}, and this is ${version}.`
  const { failure } = lib === undefined ? alone : tryAddon(file, lib)
  return failure && `The prebuilt addon does not load with this LibTorch: ${failure}.`
}

/** Which file of the prebuilt addon is not as it was shipped, in words; undefined if none, or if there is no such addon. @param {string} root */
function prebuiltDamage(root) {
  const [addon, engine] = [prebuilt(root, 'dcgan.node'), prebuilt(root, 'libdcgan_engine.so')]
  if (!fs.existsSync(addon)) return undefined
  if (!fs.existsSync(engine)) return `${engine} is missing`
  const short = [addon, engine].find(cutShort)
  return short && `${short} is cut short`
}

/** The command that restores what the package ships. @param {string} root */
function reinstallCommand(root) {
  const folder = path.relative(process.cwd(), root) || root
  const quoted = /^[\w./@+-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`
  return `rm -r ${quoted} && npm install`
}

module.exports = { prebuiltDamage, prebuiltMisfit, reinstallCommand }
