import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { writeFileAtomic } from '../internal/files.js'
import { readJson, readText } from './disk.js'
import { attempt, failure } from './failure.js'

// The user's cache folder: one folder for each LibTorch, which is complete or is not there.
//
//     <cache>/2.13.0-cpu/libtorch.json     the record, below
//     <cache>/2.13.0-cpu/torch/{lib,include}
//     <cache>/2.14.1-cuda/nvidia/…/lib     where a CUDA LibTorch finds NVIDIA's libraries
//     <cache>/current                      the name of the one that was set up last
//     <cache>/downloads/, lock, .unpack-*  work in progress

export const RECORD = 'libtorch.json'
/** The name of a shared library. */
export const LIBRARY = /\.so(\.\d+)*$/
export const MOVE_CACHE = 'set LIBTORCH_DCGAN_HOME to a folder on a larger disk'

/** A library as it was unpacked. */
export interface Library {
  size: number
  mtimeMs: number
  sha256: string
}

/** The libraries that were unpacked, by their names relative to the entry. */
export interface Contents {
  libraries: Record<string, Library>
}

/** A LibTorch of the cache. */
export interface CacheEntry {
  name: string
  /** The entry's folder. */
  place: string
  /** LibTorch's own folder, with `lib/` and `include/`. */
  folder: string
  version: string
  cuda: boolean
  /** Equal for equal sources. */
  key: string
  /** Its source: an address, a file or a folder. */
  from: string
  /** Of the archive, if there was one. */
  sha256: string | null
  date: string
  current: boolean
  /** Version 0.1 did not record it. */
  contents?: Contents
}

/** Returns the cache folder, as an absolute path. */
export function cacheFolder(): string {
  const { HOME, LIBTORCH_DCGAN_HOME: home, XDG_CACHE_HOME: xdg = '' } = process.env
  if (home && !path.isAbsolute(home)) {
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `LIBTORCH_DCGAN_HOME is ${home}, a relative path: it would be another folder wherever a program is started.`,
      `Set it to an absolute path, for example: export LIBTORCH_DCGAN_HOME="$PWD/${home.replace(/^\.\//, '')}"`,
    )
  }
  if (home) return path.resolve(home)
  // The XDG base directory specification: "All paths must be absolute. If […] relative […] ignore it."
  const base = path.isAbsolute(xdg) ? xdg : path.join(HOME || os.homedir(), '.cache')
  if (path.isAbsolute(base)) return path.join(base, 'libtorch-dcgan')
  const fix = 'Set HOME, or LIBTORCH_DCGAN_HOME, to an absolute path.'
  throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `HOME is ${HOME}, a relative path.`, fix)
}

/** Lists the entries of the cache, the current one first, then the newest one. */
export function listEntries(cache = cacheFolder()): CacheEntry[] {
  const current = readText(path.join(cache, 'current'))?.trim()
  const names = attempt(() => fs.readdirSync(cache)) ?? []
  return names
    .filter(name => !name.startsWith('.'))
    .flatMap(name => {
      const place = path.join(cache, name)
      const record = readJson(path.join(place, RECORD))
      // A record that was damaged by hand is no entry; set-up makes it again.
      if (!isRecord(record)) return []
      const folder = path.resolve(place, record.folder)
      return [{ ...record, name, place, folder, current: name === current }]
    })
    .sort((a, b) => Number(b.current) - Number(a.current) || b.date.localeCompare(a.date))
}

/** Returns whether a parsed record has all its parts. */
function isRecord(record: unknown): record is CacheEntry {
  const { folder, version, date, key, from, sha256, contents } = (record ?? {}) as Partial<CacheEntry>
  const texts = [folder, version, date, key, from, sha256 ?? '']
  if (!texts.every(text => typeof text === 'string')) return false
  return (
    contents === undefined ||
    (isObject(contents?.libraries) && Object.values(contents.libraries).every(isLibrary))
  )
}

function isLibrary(library: Partial<Library> | null): boolean {
  const { size, mtimeMs, sha256 } = library ?? {}
  return Number.isFinite(size) && Number.isFinite(mtimeMs) && typeof sha256 === 'string'
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export async function setCurrent(cache: string, name: string): Promise<void> {
  await writeFileAtomic(path.join(cache, 'current'), Buffer.from(`${name}\n`), { mode: 0o644 })
}

/** Removes one LibTorch. A folder that the entry only points to stays. */
export function removeEntry({ name, place }: CacheEntry): void {
  // Renamed first, so that an interrupted removal leaves no half LibTorch under its name.
  const doomed = path.join(place, '..', `.removed-${process.pid}-${name}`)
  fs.renameSync(place, doomed)
  fs.rmSync(doomed, { recursive: true, force: true })
}
