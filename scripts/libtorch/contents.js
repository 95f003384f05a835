'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

/**
 * What was unpacked into a cache entry, so that a change of it is seen. A library is loaded into the user's process:
 * each is known by its own SHA-256. The other files (ten thousand headers) have one together.
 *
 * @typedef {{ size: number, mtimeMs: number, sha256: string }} Library
 * @typedef {{ libraries: Record<string, Library>, headers: { files: number, sha256: string } }} Contents names
 *   relative to the entry
 */

const LIBRARY = /\.so(\.\d+)*$/

/** @param {string} entry the entry's folder @param {string[]} except names that do not count @returns {Contents} */
function contentsOf(entry, except) {
  /** @type {Record<string, Library>} */
  const libraries = {}
  const headers = crypto.createHash('sha256')
  let files = 0
  for (const name of filesUnder(entry)) {
    if (except.includes(name)) continue
    const sha256 = hashOf(path.join(entry, name))
    if (LIBRARY.test(name)) {
      const { size, mtimeMs } = fs.lstatSync(path.join(entry, name))
      libraries[name] = { size, mtimeMs, sha256 }
    } else {
      headers.update(`${name}\0${sha256}\n`)
      files++
    }
  }
  return { libraries, headers: { files, sha256: headers.digest('hex') } }
}

/** @param {string} folder */
function filesUnder(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** What a file holds; a link, which none of ours is, is told by where it leads. @param {string} file */
function hashOf(file) {
  const hash = crypto.createHash('sha256')
  if (fs.lstatSync(file).isSymbolicLink()) return hash.update(`-> ${fs.readlinkSync(file)}`).digest('hex')
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    const chunk = Buffer.allocUnsafe(Math.min(fs.fstatSync(fd).size + 1, 1 << 20))
    for (;;) {
      const count = fs.readSync(fd, chunk, 0, chunk.length, null)
      if (count === 0) return hash.digest('hex')
      hash.update(chunk.subarray(0, count))
    }
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * Which library is not as it was unpacked; cheap, as sizes and times tell. One with another time is read: a copy of
 * the cache has new times, and archives cut them to seconds.
 *
 * @param {string} entry
 * @param {Contents['libraries']} libraries the times of those that were read are set right
 * @returns {{ changed: string | undefined, read: boolean }} whether any had to be read
 */
function changedLibrary(entry, libraries) {
  let read = false
  for (const [name, known] of Object.entries(libraries)) {
    const file = path.join(entry, name)
    const stat = fs.lstatSync(file, { throwIfNoEntry: false })
    if (!stat?.isFile() || stat.size !== known.size) return { changed: file, read }
    if (Math.floor(stat.mtimeMs / 1000) === Math.floor(known.mtimeMs / 1000)) continue
    if (hashOf(file) !== known.sha256) return { changed: file, read }
    known.mtimeMs = stat.mtimeMs
    read = true
  }
  return { changed: undefined, read }
}

/**
 * What is not as it was unpacked, in words, after reading every file.
 *
 * @param {string} entry
 * @param {Contents} known
 * @param {string[]} except names that do not count
 * @returns {string | undefined}
 */
function difference(entry, known, except) {
  const now = contentsOf(entry, except)
  const names = new Set([...Object.keys(known.libraries), ...Object.keys(now.libraries)])
  for (const name of names) {
    const file = path.join(entry, name)
    if (now.libraries[name] === undefined) return `${file} is missing`
    if (known.libraries[name] === undefined) return `${file} was added`
    if (known.libraries[name].sha256 !== now.libraries[name].sha256) return `${file} was changed`
  }
  if (known.headers.files !== now.headers.files) return `headers in ${entry} were added or removed`
  return known.headers.sha256 === now.headers.sha256 ? undefined : `headers in ${entry} were changed`
}

module.exports = { changedLibrary, contentsOf, difference }
