import fs from 'node:fs'
import path from 'node:path'
import type { DcganError } from '../errors.js'
import { type CacheEntry, type Contents, LIBRARY, RECORD } from './cache.js'
import { filesUnder, hashFile, readJson, writeJson } from './disk.js'
import { failure, SETUP } from './failure.js'

// A library of the cache is loaded into the user's process, so a change of it is noticed.

/** Describes the libraries that were unpacked into an entry. */
export function contentsOf(place: string): Contents {
  const libraries = filesUnder(place, LIBRARY).map(name => {
    const { size, mtimeMs } = fs.lstatSync(path.join(place, name))
    return [name, { size, mtimeMs, sha256: hashFile(path.join(place, name)) }] as const
  })
  return { libraries: Object.fromEntries(libraries) }
}

/**
 * Throws if an entry's libraries are not as they were unpacked, as far as sizes and times show it, or if others may change
 * them. A library with another time is read: a copy of the cache has new times, and archives cut them to seconds.
 *
 * @param everything reads every library, and refuses those that were added
 */
export function requireIntact(entry: CacheEntry, everything = false): void {
  const { place, contents } = entry
  requireOwn(path.dirname(place), entry)
  if (contents === undefined) return
  let read = false
  for (const [name, known] of Object.entries(contents.libraries)) {
    const file = path.join(place, name)
    const stat = fs.lstatSync(file, { throwIfNoEntry: false })
    const whole = stat?.isFile() === true && stat.size === known.size
    const sameTime = whole && Math.floor(stat.mtimeMs / 1000) === Math.floor(known.mtimeMs / 1000)
    if (sameTime && !everything) continue
    if (!whole || hashFile(file) !== known.sha256) throw changed(entry, `${file} is not as it was unpacked`)
    if (sameTime) continue
    known.mtimeMs = stat.mtimeMs
    read = true
  }
  // So that they are read once, if this user may write there.
  if (read) noteTimes(entry)
  const added =
    everything && filesUnder(place, LIBRARY).find(name => !Object.hasOwn(contents.libraries, name))
  if (added) throw changed(entry, `${path.join(place, added)} was added`)
}

function noteTimes({ place, contents }: CacheEntry): void {
  const file = path.join(place, RECORD)
  writeJson(file, { ...readJson<object>(file), contents }).catch(() => {})
}

function changed(entry: CacheEntry, what: string): DcganError {
  const message = `${what}. The cache must hold what set-up put there.`
  return failure('ERR_DCGAN_NATIVE_NOT_FOUND', message, fetchAgain(entry))
}

/** Returns the command that replaces an entry. */
export function fetchAgain({ name, version, cuda, key, from, sha256 }: CacheEntry): string {
  const variant = cuda ? 'cuda' : 'cpu'
  const hash = sha256 !== null && /^https?:/.test(from) ? `#sha256=${sha256}` : ''
  const flags = key.startsWith(`${version} ${variant}`) ? `--${variant}` : `--from '${from}${hash}'`
  return `${SETUP} --remove ${name} && ${SETUP} ${flags}`
}

/** Returns the entry's files in the cache that are loaded. */
function filesOf({ place, folder, contents }: CacheEntry): string[] {
  if (!folder.startsWith(`${place}${path.sep}`)) return [place]
  const libraries = Object.keys(contents?.libraries ?? {}).map(name => path.join(place, name))
  return [path.join(folder, 'lib'), ...libraries]
}

/** Returns the cache, the files in it that are loaded with an entry, and the folders between. */
function loadedFrom(cache: string, entry?: CacheEntry): { file: string; uid: number; mode: number }[] {
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
 * Throws if somebody other than root and this user may change what is loaded from the cache. Without an entry, checks the
 * cache's own folder.
 */
export function requireOwn(cache: string, entry?: CacheEntry): void {
  const trusted = entry ? `\nor, if you trust who can change it: export LIBTORCH='${entry.folder}'` : ''
  const refuse = (what: string, fix: string) =>
    failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, `${fix}${trusted}`)
  for (const { file, uid, mode } of loadedFrom(cache, entry)) {
    if (uid !== 0 && uid !== process.geteuid?.()) {
      throw refuse(
        `${file} belongs to another user, with the id ${uid}, who could change what is loaded from it.`,
        'Set LIBTORCH_DCGAN_HOME to a folder of your own.',
      )
    }
    if ((mode & 0o002) !== 0) {
      throw refuse(
        `Every user of this machine may write to ${file}, and so change what is loaded from it.`,
        `chmod -R o-w '${cache}' && ${SETUP} --remove && ${SETUP}`,
      )
    }
  }
}

/** Returns the first file that the other members of a group may change. */
export function sharedWithGroup(cache: string, entry?: CacheEntry): string | undefined {
  return loadedFrom(cache, entry).find(({ mode }) => (mode & 0o020) !== 0)?.file
}
