'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { size } = require('../terminal.js')

/**
 * Throws where a folder's disk has less room than a step needs.
 *
 * @param {string} folder need not exist yet
 * @param {number} bytes
 * @param {string} what for the message, for example 'Fetching LibTorch'
 * @param {string} elsewhere how another disk is chosen
 */
function requireSpace(folder, bytes, what, elsewhere) {
  let existing = path.resolve(folder)
  while (!fs.existsSync(existing)) existing = path.dirname(existing)
  const { bavail, bsize } = fs.statfsSync(existing)
  const free = bavail * bsize
  if (free >= bytes) return
  throw new Problem(
    `${what} needs ${size(bytes)} of disk space in ${folder}, and ${size(free)} are free.`,
    `Free some space, or ${elsewhere}.`,
  )
}

module.exports = { requireSpace }
