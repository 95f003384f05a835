import fs from 'node:fs'
import path from 'node:path'
import { filesUnder, hashFile } from '../internal/disk.js'
import { missing, SETUP } from '../internal/failure.js'
import { quoted } from '../internal/shell.js'
import { type CacheEntry, LIBRARY, updateRecord } from './cache.js'

// A library of the cache is loaded into the user's process, so a change of it is noticed.

/** Describes the libraries that were unpacked into an entry. */
export function contentsOf(place: string): CacheEntry['contents'] {
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
  const { name, place, from, cuda, contents } = entry
  requireOwn(path.dirname(place), entry)
  const refuse = (what: string) => {
    const flag = fs.existsSync(from) ? `--from ${quoted(from)}` : cuda ? '--cuda' : '--cpu'
    const fix = `${SETUP} --remove ${name} && ${SETUP} ${flag}`
    return missing(`${what}. The cache must hold what set-up put there.`, fix)
  }
  let read = false
  for (const [library, known] of Object.entries(contents.libraries)) {
    const file = path.join(place, library)
    // A link in the place of a library is noticed, because it has another size.
    const { size = -1, mtimeMs = 0 } = fs.lstatSync(file, { throwIfNoEntry: false }) ?? {}
    const sameTime = Math.floor(mtimeMs / 1000) === Math.floor(known.mtimeMs / 1000)
    if (size === known.size && sameTime && !everything) continue
    if (size !== known.size || hashFile(file) !== known.sha256)
      throw refuse(`${file} is not as it was unpacked`)
    known.mtimeMs = mtimeMs
    read = true
  }
  // The new times are recorded, so that the libraries are read once. This user may not be allowed to write there.
  if (read && !everything) updateRecord(place, { contents }).catch(() => {})
  const known = contents.libraries
  const added = everything && filesUnder(place, LIBRARY).find(library => !Object.hasOwn(known, library))
  if (added) throw refuse(`${path.join(place, added)} was added`)
}

/** Returns the cache, the files in it that are loaded with an entry, and the folders between. */
function loadedFrom(cache: string, entry?: CacheEntry): { file: string; uid: number; mode: number }[] {
  const found = new Set([cache])
  for (const library of Object.keys(entry?.contents.libraries ?? {})) {
    for (let file = path.join(String(entry?.place), library); !found.has(file); file = path.dirname(file))
      found.add(file)
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
  const trusted = entry ? `\nor, if you trust who can change it: export LIBTORCH=${quoted(entry.folder)}` : ''
  for (const { file, uid, mode } of loadedFrom(cache, entry)) {
    if (uid !== 0 && uid !== process.geteuid?.()) {
      const what = `${file} belongs to another user, with the id ${uid}, who could change what is loaded from it.`
      throw missing(what, `Set LIBTORCH_DCGAN_HOME to a folder of your own, then: ${SETUP}${trusted}`)
    }
    if ((mode & 0o002) !== 0) {
      const what = `Every user of this machine may write to ${file}, and so change what is loaded from it.`
      throw missing(what, `chmod -R o-w ${quoted(cache)} && ${SETUP} --remove && ${SETUP}${trusted}`)
    }
  }
}

/** Returns the first file that the other members of a group may change. */
export function sharedWithGroup(cache: string, entry?: CacheEntry): string | undefined {
  return loadedFrom(cache, entry).find(({ mode }) => (mode & 0o020) !== 0)?.file
}
