'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { readJson, readText, writeAtomically } = require('../files/disk.js')
const { Problem, attempt } = require('../problem.js')

/**
 * The user's cache folder: one folder for each LibTorch, which is complete or is not there.
 *
 *     <cache>/2.13.0-cpu/libtorch.json     the record, below
 *     <cache>/2.13.0-cpu/torch/{lib,include}
 *     <cache>/2.14.1-cuda/nvidia/…/lib     what a CUDA LibTorch looks for beside itself
 *     <cache>/current                      the name of the one that was set up last
 *     <cache>/downloads/, lock, .unpack-*  work in progress
 */

const RECORD = 'libtorch.json'
/** The name of a shared library. */
const LIBRARY = /\.so(\.\d+)*$/
const MOVE_CACHE = 'set LIBTORCH_DCGAN_HOME to a folder on a larger disk'

/**
 * @typedef {object} CacheEntry
 * @property {string} name
 * @property {string} place the entry's folder
 * @property {string} folder LibTorch's own folder, with `lib/` and `include/`
 * @property {string} version
 * @property {boolean} cuda
 * @property {string} key equal for equal sources
 * @property {string} from where it came from: an address, a file or a folder
 * @property {string | null} sha256 of the archive, if there was one
 * @property {string} date
 * @property {boolean} current
 * @property {import('./intact.js').Contents} [contents] what was unpacked; version 0.1 did not note it
 */

/** @returns {string} an absolute path */
function cacheFolder() {
  const { HOME, LIBTORCH_DCGAN_HOME: home, XDG_CACHE_HOME: xdg = '' } = process.env
  if (home && !path.isAbsolute(home)) {
    throw new Problem(
      `LIBTORCH_DCGAN_HOME is ${home}, a relative path: it would be another folder wherever a program is started.`,
      `Set it to an absolute path, for example: export LIBTORCH_DCGAN_HOME="$PWD/${home.replace(/^\.\//, '')}"`,
    )
  }
  if (home) return path.resolve(home)
  // The XDG base directory specification: "All paths must be absolute. If […] relative […] ignore it."
  const base = path.isAbsolute(xdg) ? xdg : path.join(HOME || os.homedir(), '.cache')
  if (path.isAbsolute(base)) return path.join(base, 'libtorch-dcgan')
  throw new Problem(
    `HOME is ${HOME}, a relative path.`,
    'Set HOME, or LIBTORCH_DCGAN_HOME, to an absolute path.',
  )
}

/** The entries of the cache, the current one first, then the newest one. @returns {CacheEntry[]} */
function listEntries(cache = cacheFolder()) {
  const current = readCurrent(cache)
  const names = attempt(() => fs.readdirSync(cache)) ?? []
  return names
    .filter(name => !name.startsWith('.'))
    .flatMap(name => {
      const place = path.join(cache, name)
      // A record that was damaged by hand is no entry; set-up makes it again.
      const record = readJson(path.join(place, RECORD))
      if (!isRecord(record)) return []
      return [
        { ...record, name, place, folder: path.resolve(place, record.folder), current: name === current },
      ]
    })
    .sort((a, b) => Number(b.current) - Number(a.current) || b.date.localeCompare(a.date))
}

/** Returns whether a parsed record has all its parts. @param {any} record */
function isRecord(record) {
  const { folder, version, date, key, from, sha256, contents } = record ?? {}
  const texts = [folder, version, date, key, from, sha256 ?? '']
  if (!texts.every(text => typeof text === 'string')) return false
  if (contents === undefined) return true
  const { libraries, headers } = contents ?? {}
  return (
    isObject(libraries) && Object.values(libraries).every(isLibrary) && typeof headers?.sha256 === 'string'
  )
}

/** @param {any} library */
function isLibrary(library) {
  const { size, mtimeMs, sha256 } = library ?? {}
  return Number.isFinite(size) && Number.isFinite(mtimeMs) && typeof sha256 === 'string'
}

/** @param {unknown} value */
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param {string} cache */
const readCurrent = cache => readText(path.join(cache, 'current'))?.trim()

/** @param {string} cache @param {string} name */
function setCurrent(cache, name) {
  if (readCurrent(cache) !== name) writeAtomically(path.join(cache, 'current'), name)
}

/** Removes one LibTorch. A folder that the entry only points to stays. @param {CacheEntry} entry */
function removeEntry({ name, place }) {
  // Renamed first, so that an interrupted removal leaves no half LibTorch under its name.
  const doomed = path.join(place, '..', `.removed-${process.pid}-${name}`)
  fs.renameSync(place, doomed)
  fs.rmSync(doomed, { recursive: true, force: true })
}

module.exports = { LIBRARY, MOVE_CACHE, RECORD, cacheFolder, listEntries, removeEntry, setCurrent }
