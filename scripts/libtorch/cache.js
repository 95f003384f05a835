'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Problem } = require('../problem.js')

/**
 * The user's cache folder: one folder for each LibTorch, complete or not there at all.
 *
 *     <cache>/2.13.0-cpu/libtorch.json     the record, below
 *     <cache>/2.13.0-cpu/torch/{lib,include}
 *     <cache>/2.14.1-cuda/nvidia/…/lib     what a CUDA LibTorch looks for beside itself
 *     <cache>/current                      the name of the one that was set up last
 *     <cache>/downloads/, lock, .unpack-*  work in progress
 */

const RECORD = 'libtorch.json'

/**
 * @typedef {object} CacheEntry
 * @property {string} name
 * @property {string} folder LibTorch's own folder, with `lib/` and `include/`
 * @property {string} version
 * @property {boolean} cuda
 * @property {string} key equal for equal sources
 * @property {string} from where it came from: an address, a file or a folder
 * @property {string | null} sha256 of the archive, where there was one
 * @property {string} date
 * @property {boolean} current
 * @property {import('./contents.js').Contents} [contents] what was unpacked; absent where nothing was, or by version 0.1
 */

/** @param {import('../tools.js').Env} env */
function cacheFolder(env = process.env) {
  const home = env.LIBTORCH_DCGAN_HOME
  if (home) {
    if (path.isAbsolute(home)) return path.resolve(home)
    throw new Problem(
      `LIBTORCH_DCGAN_HOME is ${home}, a relative path: it would name another folder wherever a program is started.`,
      `Set it to an absolute path, for example: export LIBTORCH_DCGAN_HOME="$PWD/${home.replace(/^\.\//, '')}"`,
    )
  }
  // The XDG base directory specification: "All paths must be absolute. If […] relative […] ignore it."
  const base = path.isAbsolute(env.XDG_CACHE_HOME ?? '')
    ? String(env.XDG_CACHE_HOME)
    : path.join(env.HOME || os.homedir(), '.cache')
  if (path.isAbsolute(base)) return path.join(base, 'libtorch-dcgan')
  throw new Problem(
    `HOME is ${env.HOME}, a relative path.`,
    'Set HOME, or LIBTORCH_DCGAN_HOME, to an absolute path.',
  )
}

/** What is in the cache, the current one first, then the newest. @param {string} cache @returns {CacheEntry[]} */
function listEntries(cache) {
  /** @type {CacheEntry[]} */
  const entries = []
  let names
  try {
    names = fs.readdirSync(cache)
  } catch {
    return entries
  }
  const current = readText(path.join(cache, 'current'))?.trim()
  for (const name of names) {
    const text = name.startsWith('.') ? undefined : readText(path.join(cache, name, RECORD))
    if (text === undefined) continue
    try {
      const record = JSON.parse(text)
      entries.push({
        ...record,
        name,
        folder: path.resolve(cache, name, record.folder),
        current: name === current,
      })
    } catch {
      // A record that was damaged by hand is no entry; set-up makes it anew.
    }
  }
  return entries.sort((a, b) => Number(b.current) - Number(a.current) || b.date.localeCompare(a.date))
}

/** @param {object} record */
function formatRecord(record) {
  return `${JSON.stringify(record, null, 2)}\n`
}

/** What a folder takes on the disk. @param {string} folder */
function bytesUnder(folder) {
  let bytes = 0
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += fs.statSync(path.join(entry.parentPath, entry.name)).size
  }
  return bytes
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** @param {string} cache @param {string} name */
function setCurrent(cache, name) {
  if (readText(path.join(cache, 'current'))?.trim() === name) return
  writeAtomically(path.join(cache, 'current'), `${name}\n`)
}

/** @param {string} file @param {string} text */
function writeAtomically(file, text) {
  const beside = `${file}.${process.pid}.tmp`
  fs.writeFileSync(beside, text, { mode: 0o644 })
  fs.renameSync(beside, file)
}

/** Removes one LibTorch. A folder that was only pointed to stays. @param {string} cache @param {string} name */
function removeEntry(cache, name) {
  // Renamed first, so that an interrupted removal leaves no half LibTorch under its name.
  const doomed = path.join(cache, `.removed-${process.pid}-${name}`)
  fs.renameSync(path.join(cache, name), doomed)
  fs.rmSync(doomed, { recursive: true, force: true })
}

module.exports = {
  RECORD,
  bytesUnder,
  cacheFolder,
  formatRecord,
  listEntries,
  removeEntry,
  setCurrent,
  writeAtomically,
}
