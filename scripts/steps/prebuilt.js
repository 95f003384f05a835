'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { cutShort } = require('../files/elf.js')
const { libc } = require('../libtorch/platform.js')
const { minorOf } = require('../libtorch/version.js')
const { tryAddon } = require('./try-addon.js')

/** Where the package ships the addon of this platform. @param {string} root */
function prebuiltFolder(root) {
  return path.join(root, 'prebuilds', `${process.platform}-${process.arch}`)
}

/**
 * Why the prebuilt addon cannot be used here, as a sentence; undefined where it can.
 *
 * @param {string} root
 * @param {{ version: string, cuda: boolean, lib?: string }} libtorch without `lib`, which is what is yet to be
 *   fetched, the addon is tried alone
 * @returns {string | undefined}
 */
function prebuiltMisfit(root, { version, cuda, lib }) {
  const file = path.join(prebuiltFolder(root), 'dcgan.node')
  // musl has the same platform and architecture as glibc, and needs another addon.
  if (!fs.existsSync(file) || libc() === 'musl') {
    return `The package has no prebuilt addon for ${process.platform}-${process.arch}${libc() === 'musl' ? ' with musl' : ''}.`
  }
  const alone = tryAddon(file)
  if (alone.version === undefined) return `The prebuilt addon does not load: ${alone.failure}.`
  if (cuda) return 'The prebuilt addon is for a LibTorch without CUDA.'
  if (minorOf(alone.version) !== minorOf(version)) {
    return `The prebuilt addon is for LibTorch ${minorOf(alone.version)}, and this is ${version}.`
  }
  const { failure } = lib === undefined ? alone : tryAddon(file, lib)
  return failure === undefined
    ? undefined
    : `The prebuilt addon does not load with this LibTorch: ${failure}.`
}

/**
 * Which file of the prebuilt addon is not as it was shipped, in words; undefined where there is none, or all is well.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
function prebuiltDamage(root) {
  const [addon = '', engine = ''] = ['dcgan.node', 'libdcgan_engine.so'].map(name =>
    path.join(prebuiltFolder(root), name),
  )
  if (!fs.existsSync(addon)) return undefined
  if (!fs.existsSync(engine)) return `${engine} is missing`
  const short = [addon, engine].find(cutShort)
  return short === undefined ? undefined : `${short} is cut short`
}

/** The command that brings back what the package ships. @param {string} root */
function reinstallCommand(root) {
  return `rm -r ${quote(path.relative(process.cwd(), root) || root)} && npm install`
}

/** @param {string} file */
function quote(file) {
  return /^[\w./@+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`
}

module.exports = { prebuiltDamage, prebuiltFolder, prebuiltMisfit, reinstallCommand }
