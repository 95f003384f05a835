import { randomUUID } from 'node:crypto'
import { open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DcganError } from './errors.js'

/** One buffer, or the pieces of a file in order; an async iterable may make each piece when it is asked for. */
export type FileData = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Options of `writeFileAtomic`. */
export interface WriteOptions {
  /** Flush the file and its folder to the disk before resolving, so that a power cut loses nothing. */
  durable?: boolean
}

const TEMPORARY = /^\.dcgan-\d+-[0-9a-f-]{36}\.tmp$/
const STALE_MS = 10 * 60 * 1000

/**
 * Writes a file so that anyone who opens it, after a crash at any instant too, finds the old file or the whole
 * new one.
 *
 * The bytes go to `.dcgan-<pid>-<uuid>.tmp` in the same folder, which then takes the target's name. Where the
 * write fails that file is removed; where the process is killed it stays, and a later write into the folder
 * removes it once nothing has been written to it for ten minutes. (Age decides, not the process id: processes
 * of other containers and machines may share the folder.) A symbolic link is followed and stays one.
 *
 * Rejects with `ERR_DCGAN_IO`, the path and the cause; a `DcganError` that `data` throws is passed on.
 *
 * @internal
 */
export async function writeFileAtomic(
  path: string,
  data: FileData,
  options: WriteOptions = {},
): Promise<void> {
  let temporary: string | undefined
  try {
    const target = await writableTarget(path)
    const folder = dirname(target)
    await removeStale(folder)
    temporary = join(folder, `.dcgan-${process.pid}-${randomUUID()}.tmp`)
    const file = await open(temporary, 'wx')
    try {
      await writeFile(file, data)
      if (options.durable) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
    temporary = undefined
    // The new name itself lives in the folder, which has to reach the disk as well.
    if (options.durable) await syncFolder(folder)
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {})
    throw cause instanceof DcganError ? cause : ioError('write', path, cause)
  }
}

/**
 * The error for a file or folder that cannot be read, written or made: names it and says what to do next.
 *
 * @internal
 */
export function ioError(
  action: 'read' | 'write' | 'create' | 'list',
  path: string,
  cause: unknown,
): DcganError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? ''
  const advice = ADVICE[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return new DcganError('ERR_DCGAN_IO', `Cannot ${action} ${path}: ${advice}`, { cause })
}

const ADVICE: Record<string, string> = {
  ENOENT: 'no such file or folder. Check the path; a folder that is missing has to be created first',
  ENOTDIR: 'a part of its path is not a folder. Check the path',
  EISDIR: 'it is a folder. Give the path of a file',
  EEXIST: 'there is a file of that name already. Remove it or choose another path',
  EACCES: 'permission denied. Choose another folder or change the permissions of this one',
  EPERM: 'permission denied. Choose another folder or change the permissions of this one',
  EROFS: 'the file system is read-only. Choose another folder',
  ENOSPC: 'the disk is full. Free some space and try again; what was there before is untouched',
  EDQUOT: 'the disk quota is used up. Free some space and try again; what was there before is untouched',
  EMFILE: 'too many files are open. Close some or raise the limit (ulimit -n)',
  ENAMETOOLONG: 'its name is too long. Choose a shorter one',
}

async function writableTarget(path: string): Promise<string> {
  const target = await realpath(path).catch(() => resolve(path))
  const there = await stat(target).catch(() => undefined)
  // Renaming onto a device would replace the device.
  if (there !== undefined && !there.isFile()) {
    const kind = there.isDirectory() ? 'a folder' : 'not a regular file'
    throw new DcganError('ERR_DCGAN_IO', `Cannot write ${path}: it is ${kind}. Give the path of a file`)
  }
  return target
}

async function removeStale(folder: string): Promise<void> {
  // A folder may be written to and not listed; one that is missing shows in the next call.
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names.filter(entry => TEMPORARY.test(entry))) {
    const path = join(folder, name)
    const age = await stat(path).then(
      entry => Date.now() - entry.mtimeMs,
      () => 0,
    )
    if (age > STALE_MS) await rm(path, { force: true }).catch(() => {})
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
