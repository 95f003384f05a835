'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

/**
 * A stamp records what a step was made from and what it made. It is written last, so that a step that was
 * interrupted has none.
 *
 * @typedef {Record<string, { mtimeMs: number, size: number, hash?: string }>} Files names relative to the root
 * @typedef {{ inputs: Files, outputs: Files, facts: Record<string, unknown> }} Stamp
 */

/** @param {string} file @returns {Stamp | undefined} */
function readStamp(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} file @param {Stamp} stamp */
function writeStamp(file, stamp) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const beside = `${file}.${process.pid}.tmp`
  fs.writeFileSync(beside, JSON.stringify(stamp))
  fs.renameSync(beside, file)
}

/**
 * Times, sizes and hashes of files. A file whose time and size are as they were is not read again.
 *
 * @param {string} root
 * @param {string[]} names
 * @param {Files} [before]
 * @returns {Files}
 */
function snapshot(root, names, before = {}) {
  /** @type {Files} */
  const files = {}
  for (const name of names) {
    const { mtimeMs, size } = fs.statSync(path.join(root, name))
    const known = before[name]
    const hash =
      known !== undefined && known.mtimeMs === mtimeMs && known.size === size && known.hash !== undefined
        ? known.hash
        : crypto.hash('sha1', fs.readFileSync(path.join(root, name)))
    files[name] = { mtimeMs, size, hash }
  }
  return files
}

/** Whether two snapshots hold the same files with the same content. @param {Files} a @param {Files} b */
function sameContent(a, b) {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => a[name]?.hash === b[name]?.hash)
}

/** Times and sizes of what a step made. @param {string} root @param {string[]} names @returns {Files} */
function measure(root, names) {
  /** @type {Files} */
  const files = {}
  for (const name of names) {
    const { mtimeMs, size } = fs.statSync(path.join(root, name))
    files[name] = { mtimeMs, size }
  }
  return files
}

/** Whether what a step made is still there as it was made. @param {string} root @param {Files} outputs */
function untouched(root, outputs) {
  return Object.entries(outputs).every(([name, { mtimeMs, size }]) => {
    const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false })
    return stat !== undefined && stat.mtimeMs === mtimeMs && stat.size === size
  })
}

/**
 * The files under some folders, relative to the root, in order.
 *
 * @param {string} root
 * @param {string[]} folders
 * @param {RegExp} pattern
 */
function filesUnder(root, folders, pattern) {
  /** @type {string[]} */
  const names = []
  for (const folder of folders) {
    if (!fs.existsSync(path.join(root, folder))) continue
    for (const name of /** @type {string[]} */ (
      fs.readdirSync(path.join(root, folder), { recursive: true })
    )) {
      if (pattern.test(name)) names.push(path.join(folder, name))
    }
  }
  return names.sort()
}

module.exports = { filesUnder, measure, readStamp, sameContent, snapshot, untouched, writeStamp }
