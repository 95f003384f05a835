import fs from 'node:fs'
import path from 'node:path'
import { cacheFolder } from '../internal/cache-folder.js'
import { filesUnder } from '../internal/disk.js'
import { ioFailure } from '../internal/failure.js'
import { size } from '../internal/report.js'
import { listEntries, removeEntry } from '../setup/cache.js'
import { findLibTorch } from '../setup/find.js'
import { withLock } from '../setup/lock.js'
import { interruptibleSetUp, type SetUpOptions, setUp } from '../setup/setup.js'

interface SetUpFlags extends SetUpOptions {
  list?: boolean
  /** True, or the names. */
  remove?: true | string[]
  json?: boolean
}

/** Runs `libtorch-dcgan setup`. */
export async function runSetUp({ list, remove, json, ...options }: SetUpFlags): Promise<void> {
  if (list) listCache(json === true)
  else if (remove) await interruptibleSetUp(() => removeFromCache(remove === true ? [] : remove))
  else await setUp(options)
}

/** Runs set-up if there is no LibTorch, and says so first. Its progress goes to standard error. */
export async function provideLibTorch(): Promise<void> {
  if (!isMissing()) return
  process.stderr.write('This needs LibTorch, which is not installed. Running: npx libtorch-dcgan setup\n')
  await setUp()
}

/** A LibTorch that is damaged, or that a variable names wrongly, is not missing: opening it says what to do. */
function isMissing(): boolean {
  try {
    return findLibTorch() === undefined
  } catch {
    return false
  }
}

function listCache(json: boolean): void {
  const entries = listEntries().map((entry, i) => {
    const files = filesUnder(entry.place).map(name => fs.lstatSync(path.join(entry.place, name)).size)
    return { ...entry, current: i === 0, bytes: files.reduce((sum, bytes) => sum + bytes, 0) }
  })
  const lines = entries.map(
    ({ name, folder, from, current, bytes }) =>
      `${current ? '*' : ' '} ${name}  ${size(bytes)}  ${folder}  (${from})\n`,
  )
  const text = lines.length === 0 ? `Nothing in ${cacheFolder()}\n` : lines.join('')
  process.stdout.write(json ? `${JSON.stringify(entries, null, 2)}\n` : text)
}

async function removeFromCache(names: string[]): Promise<void> {
  const cache = cacheFolder()
  const entries = listEntries()
  const present = entries.map(({ name }) => name)
  const unknown = names.find(name => !present.includes(name))
  if (unknown !== undefined) {
    const fix = `It holds: ${present.join(', ') || 'nothing'}.`
    throw ioFailure(`The cache holds no ${unknown}.`, fix)
  }
  if (!fs.existsSync(cache)) return
  await withLock(path.join(cache, 'lock'), async () => {
    for (const entry of entries.filter(({ name }) => names.length === 0 || names.includes(name))) {
      removeEntry(entry)
      process.stdout.write(`Removed ${entry.name}\n`)
    }
    if (names.length === 0) fs.rmSync(path.join(cache, 'downloads'), { recursive: true, force: true })
  })
}
