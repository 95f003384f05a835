import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { makeFolder, writeFileAtomic } from '../internal/files.js'
import { attempt, failure } from './failure.js'
import { size } from './report.js'
import { withFile } from './with-file.js'

const CHUNK_BYTES = 1 << 20

/**
 * Throws if a folder's disk has less free space than a step needs. The folder need not exist yet.
 *
 * @param elsewhere how the user chooses another disk
 */
export function requireSpace(
  folder: string,
  bytes: number,
  what: string,
  elsewhere = 'use another disk',
): void {
  let existing = path.resolve(folder)
  while (!fs.existsSync(existing)) existing = path.dirname(existing)
  const { bavail, bsize } = fs.statfsSync(existing)
  const free = bavail * bsize
  if (free >= bytes) return
  throw failure(
    'ERR_DCGAN_IO',
    `${what} needs ${size(bytes)} of disk space in ${folder}, and ${size(free)} are free.`,
    `Free some space, or ${elsewhere}.`,
  )
}

/** Writes a JSON file that others may read. A reader finds the old content or the new one. */
export async function writeJson(file: string, content: object): Promise<void> {
  await makeFolder(path.dirname(file))
  const text = `${JSON.stringify(content, null, 2)}\n`
  await writeFileAtomic(file, Buffer.from(text), { mode: 0o644, durable: true })
}

/** Reads a regular file. Returns undefined if there is none. */
export function readText(file: string): string | undefined {
  return attempt(() => withFile(file, fd => fs.readFileSync(fd, 'utf8')))
}

/** Reads a JSON file. Returns undefined if there is none. */
export function readJson<T>(file: string): T | undefined {
  return attempt(() => JSON.parse(readText(file) ?? '') as T)
}

/** Lists the files under a folder, relative to it, in order. */
export function filesUnder(folder: string, pattern = /./): string[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter(name => pattern.test(name))
    .sort()
}

/** Returns the SHA-256 of a regular file, in hexadecimal. */
export function hashFile(file: string): string {
  return withFile(file, fd => {
    const hash = crypto.createHash('sha256')
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (let count = fs.readSync(fd, chunk); count > 0; count = fs.readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, count))
    }
    return hash.digest('hex')
  })
}
