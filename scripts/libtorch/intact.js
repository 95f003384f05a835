'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { filesUnder, hashFile, readJson, writeAtomically } = require('../files/disk.js')
const { Problem, attempt } = require('../problem.js')
const { LIBRARY, RECORD } = require('./cache.js')

/**
 * The files that were unpacked into a cache entry, so that a change is noticed. A library is loaded into the user's process: each
 * one has its own SHA-256. The other files (ten thousand headers) have one together.
 *
 * @typedef {{ size: number, mtimeMs: number, sha256: string }} Library
 * @typedef {{ libraries: Record<string, Library>, headers: { sha256: string } }} Contents names relative to the entry
 * @typedef {import('./cache.js').CacheEntry} CacheEntry
 */

/** @param {string} place the entry's folder @returns {Contents} */
function contentsOf(place) {
  /** @type {Contents['libraries']} */
  const libraries = {}
  const headers = crypto.createHash('sha256')
  for (const name of filesUnder(place)) {
    if (name === RECORD) continue
    const sha256 = hashFile(path.join(place, name))
    const { size, mtimeMs } = fs.lstatSync(path.join(place, name))
    if (LIBRARY.test(name)) libraries[name] = { size, mtimeMs, sha256 }
    else headers.update(`${name}\0${sha256}\n`)
  }
  return { libraries, headers: { sha256: headers.digest('hex') } }
}

/**
 * Throws if an entry's libraries are not as they were unpacked, as far as sizes and times tell, or if others may change
 * them. A library with another time is read: a copy of the cache has new times, and archives cut them to seconds.
 *
 * @param {CacheEntry} entry
 */
function requireIntact(entry) {
  requireOwn(path.dirname(entry.place), entry)
  let read = false
  for (const [name, known] of Object.entries(entry.contents?.libraries ?? {})) {
    const file = path.join(entry.place, name)
    const stat = fs.lstatSync(file, { throwIfNoEntry: false })
    const whole = stat?.isFile() === true && stat.size === known.size
    if (whole && Math.floor(stat.mtimeMs / 1000) === Math.floor(known.mtimeMs / 1000)) continue
    if (!whole || hashFile(file) !== known.sha256) throw changed(entry, `${file} is not as it was unpacked`)
    known.mtimeMs = stat.mtimeMs
    read = true
  }
  if (read) noteTimes(entry)
}

/** Notes new times of unchanged libraries, if this user may, so that they are read once. @param {CacheEntry} entry */
function noteTimes({ place, contents }) {
  const file = path.join(place, RECORD)
  attempt(() => writeAtomically(file, { ...readJson(file), contents }))
}

/** Throws as `requireIntact` does, after reading every file. @param {CacheEntry} entry */
function requireWhole(entry) {
  requireIntact(entry)
  const { place, contents: known } = entry
  if (known === undefined) return
  const now = contentsOf(place)
  for (const name of Object.keys({ ...known.libraries, ...now.libraries })) {
    const [before, after] = [known.libraries[name]?.sha256, now.libraries[name]?.sha256]
    const what = after === undefined ? 'is missing' : before === undefined ? 'was added' : 'was changed'
    if (before !== after) throw changed(entry, `${path.join(place, name)} ${what}`)
  }
  if (known.headers.sha256 === now.headers.sha256) return
  throw changed(entry, `headers in ${place} were changed, added or removed`)
}

/** @param {CacheEntry} entry @param {string} what */
function changed(entry, what) {
  const options = { code: 'CACHE' }
  return new Problem(`${what}. The cache must hold what set-up put there.`, fetchAnew(entry), options)
}

/** The command that replaces an entry. @param {CacheEntry} entry */
function fetchAnew({ name, version, cuda, key, from, sha256 }) {
  const variant = cuda ? 'cuda' : 'cpu'
  const hash = sha256 !== null && /^https?:/.test(from) ? `#sha256=${sha256}` : ''
  const again = key.startsWith(`${version} ${variant}`) ? `--${variant}` : `--from '${from}${hash}'`
  return `npx libtorch-dcgan setup --remove ${name} && npx libtorch-dcgan setup ${again}`
}

/** The entry's files in the cache that are loaded. @param {CacheEntry} entry */
function filesOf({ place, folder, contents }) {
  if (!folder.startsWith(`${place}${path.sep}`)) return [place]
  const libraries = Object.keys(contents?.libraries ?? {}).map(name => path.join(place, name))
  return [path.join(folder, 'lib'), ...libraries]
}

/** The cache, the files in it that are loaded with an entry, and the folders between. @param {string} cache @param {CacheEntry} [entry] */
function loadedFrom(cache, entry) {
  const found = new Set([cache])
  for (let file of entry === undefined ? [] : filesOf(entry)) {
    for (; !found.has(file) && file !== path.dirname(file); file = path.dirname(file)) found.add(file)
  }
  return [...found].flatMap(file => {
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    return stat === undefined ? [] : [{ file, uid: stat.uid, mode: stat.mode }]
  })
}

/**
 * Throws if somebody other than root and this user may change what is loaded from the cache.
 *
 * @param {string} cache
 * @param {CacheEntry} [entry] without it, only the cache's own folder is checked
 */
function requireOwn(cache, entry) {
  const trusted = entry ? `\nor, if you trust who can change it: export LIBTORCH='${entry.folder}'` : ''
  const options = { code: 'CACHE' }
  for (const { file, uid, mode } of loadedFrom(cache, entry)) {
    if (uid !== 0 && uid !== process.geteuid?.()) {
      const message = `${file} belongs to another user, with the id ${uid}, who could change what is loaded from it.`
      throw new Problem(message, `Set LIBTORCH_DCGAN_HOME to a folder of your own.${trusted}`, options)
    }
    if ((mode & 0o002) !== 0) {
      const message = `Every user of this machine may write to ${file}, and so change what is loaded from it.`
      const fix = `chmod -R o-w '${cache}' && npx libtorch-dcgan setup --remove && npx libtorch-dcgan setup`
      throw new Problem(message, `${fix}${trusted}`, options)
    }
  }
}

/** The first file that the other members of a group may change. @param {string} cache @param {CacheEntry} [entry] */
function sharedWithGroup(cache, entry) {
  return loadedFrom(cache, entry).find(({ mode }) => (mode & 0o020) !== 0)?.file
}

module.exports = { contentsOf, fetchAnew, requireIntact, requireOwn, requireWhole, sharedWithGroup }
