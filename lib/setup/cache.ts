import fs from 'node:fs'
import path from 'node:path'
import { cacheFolder } from '../internal/cache-folder.js'
import { readJson, writeJson } from '../internal/disk.js'
import { attempt } from '../internal/failure.js'

// The cache has one folder for each LibTorch, which is complete or is not there.
//
//     <cache>/2.13.0-cpu/libtorch.json     the record, below
//     <cache>/2.13.0-cpu/torch/{lib,include}
//     <cache>/2.14.1-cuda/nvidia/…/lib     where a CUDA LibTorch finds NVIDIA's libraries
//     <cache>/downloads/, lock, .unpack-*  work in progress

export const RECORD = 'libtorch.json'
/** The name of a shared library. */
export const LIBRARY = /\.so(\.\d+)*$/

/** A LibTorch of the cache. */
export interface CacheEntry {
  name: string
  /** The entry's folder. */
  place: string
  /** LibTorch's own folder, with `lib/` and `include/`. */
  folder: string
  version: string
  cuda: boolean
  /** Its source: an address or a file. */
  from: string
  /** Of the archive. */
  sha256: string
  /** The time at which it was set up last. */
  date: string
  /** The libraries as they were unpacked, by their names relative to the entry. */
  contents: { libraries: Record<string, { size: number; mtimeMs: number; sha256: string }> }
}

/** Lists the entries of the cache, the one that was set up last first. */
export function listEntries(cache = cacheFolder()): CacheEntry[] {
  const names = attempt(() => fs.readdirSync(cache)) ?? []
  return names
    .filter(name => !name.startsWith('.'))
    .flatMap(name => {
      const place = path.join(cache, name)
      const record = readJson<CacheEntry>(path.join(place, RECORD))
      // A record that was damaged by hand is no entry; set-up makes it again.
      return isRecord(record) ? [{ ...record, name, place, folder: path.resolve(place, record.folder) }] : []
    })
    .sort((a, b) => b.date.localeCompare(a.date))
}

function isRecord(record: Partial<CacheEntry> | null | undefined): record is CacheEntry {
  const { folder, version, date, from, sha256, contents } = record ?? {}
  const libraries = Object.values(contents?.libraries ?? [undefined])
  const texts = [folder, version, date, from, sha256, ...libraries.map(library => library?.sha256)]
  return texts.every(text => typeof text === 'string')
}

/** Changes the record of an entry. */
export async function updateRecord(place: string, changes: Partial<CacheEntry>): Promise<void> {
  const file = path.join(place, RECORD)
  await writeJson(file, { ...readJson<object>(file), ...changes })
}

/** Removes one LibTorch. */
export function removeEntry({ name, place }: CacheEntry): void {
  // Renamed first, so that an interrupted removal leaves no half LibTorch under its name.
  const doomed = path.join(place, '..', `.removed-${process.pid}-${name}`)
  fs.renameSync(place, doomed)
  fs.rmSync(doomed, { recursive: true, force: true })
}
