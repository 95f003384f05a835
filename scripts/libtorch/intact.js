'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { RECORD, formatRecord, writeAtomically } = require('./cache.js')
const { changedLibrary, difference } = require('./contents.js')

/** @typedef {import('./cache.js').CacheEntry} CacheEntry */

/**
 * Throws where an entry's libraries are not as they were unpacked, as far as their sizes and times tell, or where others
 * may change them.
 *
 * @param {string} cache
 * @param {CacheEntry} entry
 */
function requireIntact(cache, entry) {
  const own = path.join(cache, entry.name)
  requireOwn(cache, loadedFrom(cache, entry), entry.folder)
  const { changed, read } = changedLibrary(own, entry.contents?.libraries ?? {})
  if (changed !== undefined) throw changedProblem(entry, `${changed} is not as it was unpacked`)
  if (read) rewriteRecord(cache, entry)
}

/** What of the cache is loaded with an entry. @param {string} cache @param {CacheEntry} entry */
function loadedFrom(cache, { name, folder, contents }) {
  const own = path.join(cache, name)
  if (!folder.startsWith(`${own}${path.sep}`)) return [own]
  const libraries = Object.keys(contents?.libraries ?? {}).map(library => path.join(own, library))
  return [path.join(folder, 'lib'), ...libraries]
}

/** Throws as `requireIntact` does, after reading every file. @param {string} cache @param {CacheEntry} entry */
function requireWhole(cache, entry) {
  requireIntact(cache, entry)
  const what = entry.contents && difference(path.join(cache, entry.name), entry.contents, [RECORD])
  if (what !== undefined) throw changedProblem(entry, what)
}

/** @param {CacheEntry} entry @param {string} what */
function changedProblem(entry, what) {
  return new Problem(`${what}. The cache must hold what set-up put there.`, fetchAnew(entry), {
    code: 'CACHE',
  })
}

/** The command that replaces an entry. @param {CacheEntry} entry */
function fetchAnew({ name, version, cuda, key, from, sha256 }) {
  const variant = cuda ? 'cuda' : 'cpu'
  const hash = sha256 !== null && /^https?:/.test(from) ? `#sha256=${sha256}` : ''
  const again = key.startsWith(`${version} ${variant}`) ? `--${variant}` : `--from '${from}${hash}'`
  return `npx libtorch-dcgan setup --remove ${name} && npx libtorch-dcgan setup ${again}`
}

/** Notes new times of unchanged libraries, where this user may. @param {string} cache @param {CacheEntry} entry */
function rewriteRecord(cache, { name, contents }) {
  const file = path.join(cache, name, RECORD)
  try {
    writeAtomically(file, formatRecord({ ...JSON.parse(fs.readFileSync(file, 'utf8')), contents }))
  } catch {
    // The next time they are read again.
  }
}

/**
 * Throws where somebody else than root and this user may change what is loaded from a folder: where it, or a file, is
 * another user's, or anybody may write to it.
 *
 * @param {string} cache
 * @param {string[]} files in it, with the folders between
 * @param {string} [libtorch] what a user who trusts them all names instead
 */
function requireOwn(cache, files, libtorch) {
  const trusted =
    libtorch === undefined ? '' : `\nor, if you trust who can change it: export LIBTORCH='${libtorch}'`
  for (const file of withFolders(cache, files)) {
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    if (stat === undefined) continue
    if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) {
      throw new Problem(
        `${file} belongs to another user, with the id ${stat.uid}, who could change what is loaded from it.`,
        `Set LIBTORCH_DCGAN_HOME to a folder of your own.${trusted}`,
        { code: 'CACHE' },
      )
    }
    if ((stat.mode & 0o002) !== 0) {
      throw new Problem(
        `Every user of this machine may write to ${file}, and so change what is loaded from it.`,
        `chmod -R o-w '${cache}' && npx libtorch-dcgan setup --remove && npx libtorch-dcgan setup${trusted}`,
        { code: 'CACHE' },
      )
    }
  }
}

/** What the members of a group, beside its owner, may change. @param {string} cache @param {string[]} files */
function sharedWithGroup(cache, files) {
  return withFolders(cache, files).find(
    file => ((fs.statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o020) !== 0,
  )
}

/** The cache, files in it, and the folders between. @param {string} cache @param {string[]} files */
function withFolders(cache, files) {
  const found = new Set([cache])
  for (const file of files) {
    for (let at = file; !found.has(at) && at !== path.dirname(at); at = path.dirname(at)) found.add(at)
  }
  return [...found]
}

module.exports = { fetchAnew, loadedFrom, requireIntact, requireOwn, requireWhole, sharedWithGroup }
