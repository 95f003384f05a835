import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { attempt } from './failure.js'
import { makeFolder, writeFileAtomic } from './files.js'

const CHUNK_BYTES = 1 << 20

/** Writes a JSON file that others may read. A reader finds the old content or the new one. */
export async function writeJson(file: string, content: object): Promise<void> {
  await makeFolder(path.dirname(file))
  const text = `${JSON.stringify(content, null, 2)}\n`
  await writeFileAtomic(file, Buffer.from(text), { mode: 0o644, durable: true })
}

/** Reads a text file. Returns undefined if there is none, and for a pipe: reading it might never end. */
export function readText(file: string): string | undefined {
  return attempt(() => {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY)
    try {
      return fs.fstatSync(fd).isFile() ? fs.readFileSync(fd, 'utf8') : undefined
    } finally {
      fs.closeSync(fd)
    }
  })
}

/** Reads a JSON file. Returns undefined if there is none. */
export function readJson<T>(file: string): T | undefined {
  return attempt(() => JSON.parse(readText(file) ?? '') as T)
}

/** Lists the files under a folder, relative to it, in order. */
export function filesUnder(folder: string, pattern = /./): string[] {
  const entries = attempt(() => fs.readdirSync(folder, { recursive: true, withFileTypes: true })) ?? []
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter(name => pattern.test(name))
    .sort()
}

/** Returns the SHA-256 of a file, in hexadecimal. */
export function hashFile(file: string): string {
  const hash = crypto.createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  const fd = fs.openSync(file, 'r')
  try {
    for (let count = 1; count > 0; hash.update(chunk.subarray(0, count))) count = fs.readSync(fd, chunk)
  } finally {
    fs.closeSync(fd)
  }
  return hash.digest('hex')
}
