'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { Problem, attempt } = require('../problem.js')
const { size } = require('../terminal.js')
const { withFile } = require('./with-file.js')

/**
 * Throws if a folder's disk has less room than a step needs.
 *
 * @param {string} folder need not exist yet
 * @param {number} bytes
 * @param {string} what for the message, for example 'Fetching LibTorch'
 * @param {string} [elsewhere] how the user chooses another disk
 */
function requireSpace(folder, bytes, what, elsewhere = 'use another disk') {
  let existing = path.resolve(folder)
  while (!fs.existsSync(existing)) existing = path.dirname(existing)
  const { bavail, bsize } = fs.statfsSync(existing)
  const free = bavail * bsize
  if (free >= bytes) return
  throw new Problem(
    `${what} needs ${size(bytes)} of disk space in ${folder}, and ${size(free)} are free.`,
    `Free some space, or ${elsewhere}.`,
    { code: 'NO_SPACE' },
  )
}

/**
 * Writes a file so that a reader sees the old content or the new one.
 *
 * @param {string} file
 * @param {string | object} content an object is written as JSON
 */
function writeAtomically(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const beside = `${file}.${process.pid}.tmp`
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
  fs.writeFileSync(beside, `${text}\n`, { mode: 0o644, flush: true })
  fs.renameSync(beside, file)
}

/** The text of a regular file, or undefined if there is none. @param {string} file */
const readText = file => attempt(() => withFile(file, fd => fs.readFileSync(fd, 'utf8')))

/** The content of a JSON file, or undefined if there is none. @param {string} file @returns {any} */
const readJson = file => attempt(() => JSON.parse(readText(file) ?? ''))

/** The files under a folder whose names match, relative to it, in order. @param {string} folder @param {RegExp} pattern */
function filesUnder(folder, pattern = /./) {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter(name => pattern.test(name))
    .sort()
}

/** The SHA-256 of a file, in hexadecimal. A link is not followed. @param {string} file */
function hashFile(file) {
  const hash = crypto.createHash('sha256')
  if (fs.lstatSync(file).isSymbolicLink()) return hash.update(`-> ${fs.readlinkSync(file)}`).digest('hex')
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    const chunk = Buffer.allocUnsafe(Math.min(fs.fstatSync(fd).size + 1, 1 << 20))
    for (let count = fs.readSync(fd, chunk); count > 0; count = fs.readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, count))
    }
    return hash.digest('hex')
  } finally {
    fs.closeSync(fd)
  }
}

module.exports = { filesUnder, hashFile, readJson, readText, requireSpace, writeAtomically }
