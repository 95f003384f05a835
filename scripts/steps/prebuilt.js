'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { libc } = require('../libtorch/platform.js')
const { minorOf } = require('../libtorch/version.js')
const { tryAddon } = require('./try-addon.js')

/**
 * The prebuilt addon for this platform that the package ships, if it does.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
function prebuiltAddon(root) {
  if (libc() === 'musl') return undefined
  const folder = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`)
  if (!fs.existsSync(folder)) return undefined
  const name = fs.readdirSync(folder).find(file => file.endsWith('.node'))
  return name === undefined ? undefined : path.join(folder, name)
}

/**
 * Whether the prebuilt addon loads here and is for this LibTorch's minor version.
 *
 * @param {string} root
 * @param {{ version: string }} libtorch
 */
function prebuiltFits(root, libtorch) {
  const file = prebuiltAddon(root)
  if (file === undefined) return false
  const tried = tryAddon(file)
  return tried.version !== undefined && minorOf(tried.version) === minorOf(libtorch.version)
}

module.exports = { prebuiltAddon, prebuiltFits }
