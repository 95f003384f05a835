import type { Stats } from 'node:fs'
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { DcganError, invalidArgument } from '../errors.js'
import { type Check, withoutPrototype } from './options.js'
import { isFolder } from './regular-file.js'

/** One buffer, or the pieces of a file in order. An async iterable may make each piece when it is needed. */
type FileData = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Options of `writeFileAtomic`. */
interface WriteOptions {
  /** Flushes the file and its folder to the disk before resolving, so that a power cut loses nothing. */
  durable?: boolean
  /** Permissions of a new file. Default: 0o666 without the bits of the umask. */
  mode?: number
}

const TEMPORARY = /^\.dcgan-\d+-[0-9a-f-]{36}\.tmp$/
const STALE_MS = 10 * 60 * 1000
const PERMISSIONS = 0o777
/** The number of links that Linux follows. */
const MAX_LINKS = 40

/**
 * Writes a file so that a reader finds either the old file or the whole new one, even after a crash.
 *
 * The bytes go to `.dcgan-<pid>-<uuid>.tmp` in the same folder, and this file is then renamed to the target. If the
 * write fails, it is removed. If the process is killed, it stays, and a later write into the folder removes it once it is
 * ten minutes old. (Its age decides and not its process id, because other containers and machines may share the folder.)
 *
 * Symbolic links are followed and kept, even if their target does not exist yet. The new file gets the permissions of
 * the file that it replaces, and its owner if the system allows it. Nothing fails after the renaming: a folder that
 * cannot be flushed holds the old or the new file after a power cut.
 *
 * Rejects with `ERR_DCGAN_IO`, the path and the cause. Passes on a `DcganError` that `data` throws.
 */
export async function writeFileAtomic(
  path: string,
  data: FileData,
  options: WriteOptions = {},
): Promise<void> {
  const { durable = false, mode: wanted } = withoutPrototype(options)
  let temporary: string | undefined
  try {
    const { target, replaced } = await targetOf(path)
    const folder = dirname(target)
    await removeStale(folder)
    temporary = join(folder, `.dcgan-${process.pid}-${crypto.randomUUID()}.tmp`)
    const mode = replaced?.mode ?? wanted
    const file = await open(temporary, 'wx', mode === undefined ? undefined : mode & PERMISSIONS)
    try {
      if (replaced !== undefined) await keepOwner(file, replaced)
      if (mode !== undefined) await setMode(file, mode & PERMISSIONS)
      await writeFile(file, data)
      if (durable) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
    temporary = undefined
    // The folder holds the new name, and has to reach the disk as well.
    if (durable) await syncFolder(folder).catch(() => {})
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {})
    throw cause instanceof DcganError ? cause : ioError('write', path, cause)
  }
}

/** Creates a folder, and those above it, unless it exists. `mode`: permissions of new ones, which the umask limits. */
export async function makeFolder(folder: string, mode = PERMISSIONS): Promise<void> {
  try {
    await makeAll(folder, mode)
  } catch (cause) {
    throw ioError('create', folder, cause)
  }
}

/** Node.js's own recursion never ends in a folder that reports ENOENT for each new entry, as /proc does. */
async function makeAll(folder: string, mode: number): Promise<void> {
  try {
    await makeOne(folder, mode)
  } catch (error) {
    const above = dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error
    await makeAll(above, mode)
    await makeOne(folder, mode)
  }
}

async function makeOne(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, mode)
  } catch (error) {
    if (!(await isFolder(folder))) throw error
  }
}

/** Makes the error for a file or folder that cannot be read, written or made. It names the file and the fix. */
export function ioError(
  action: 'read' | 'write' | 'create' | 'list',
  path: string,
  cause: unknown,
): DcganError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? ''
  const advice =
    (action === 'read' || action === 'list' ? READ_ADVICE[code] : undefined) ??
    ADVICE[code] ??
    (cause instanceof Error ? cause.message : String(cause))
  return new DcganError('ERR_DCGAN_IO', `Cannot ${action} ${path}: ${advice}`, { cause })
}

const READ_ADVICE: Record<string, string> = {
  ENOENT: 'no such file or folder. Check the path',
}

const ADVICE: Record<string, string> = {
  ENOENT: 'no such file or folder. Check the path, and create its folder first',
  ENOTDIR: 'a part of its path is not a folder. Check the path',
  ELOOP: 'its symbolic links lead in a circle. Check the path',
  EISDIR: 'it is a folder. Give the path of a file',
  EEXIST: 'there is a file of that name already. Remove it or choose another path',
  EACCES: 'permission denied. Change the permissions, or choose another path',
  EPERM: 'permission denied. Change the permissions, or choose another path',
  EROFS: 'the file system is read-only. Choose another folder',
  ENOSPC: 'the disk is full. Free some space and try again; what was there before is untouched',
  EDQUOT: 'the disk quota is used up. Free some space and try again; what was there before is untouched',
  EMFILE: 'too many files are open. Close some or raise the limit (ulimit -n)',
  ENAMETOOLONG: 'its name is too long. Choose a shorter one',
}

/** Checks a path and makes it absolute, so that it names the same file after `process.chdir()`. */
export function checkPath(key: string, value: unknown, expected = 'a path'): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return absolute(value)
  throw invalidArgument(key, expected, value)
}

/** Makes the check of an option that is a path. */
export function path(expected: string): Check<string> {
  return (key, value) => checkPath(key, value, expected)
}

/**
 * Makes a path absolute. Does not resolve `..`: after a link, it is the parent of the folder that the link leads to.
 */
export function absolute(path: string): string {
  if (isAbsolute(path)) return path
  try {
    return `${process.cwd()}/${path}`
  } catch (cause) {
    const advice = 'the current folder was removed. Go to another one, or give an absolute path'
    throw new DcganError('ERR_DCGAN_IO', `Cannot resolve ${path}: ${advice}`, { cause })
  }
}

/** Follows the links of a path. Returns the file at their end, which may not exist, and its stats if it does. */
async function targetOf(path: string): Promise<{ target: string; replaced: Stats | undefined }> {
  let target = withoutEndingSlashes(absolute(path))
  for (let links = 0; links < MAX_LINKS; links++) {
    const there = await lstat(target).catch(undefinedIfMissing)
    if (!there?.isSymbolicLink()) return { target, replaced: checkReplaced(path, there) }
    const next = await readlink(target)
    // join() would drop '..', which after a link is the parent of the folder that the link leads to.
    target = isAbsolute(next) ? next : `${dirname(target)}/${next}`
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' })
}

function withoutEndingSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end--
  return path.slice(0, end)
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Refuses anything but a regular file: renaming fails for a folder, and would replace a device. */
function checkReplaced(path: string, there: Stats | undefined): Stats | undefined {
  if (there === undefined || there.isFile()) return there
  const kind = there.isDirectory() ? 'a folder' : 'not a regular file'
  throw new DcganError('ERR_DCGAN_IO', `Cannot write ${path}: it is ${kind}. Give the path of a file`)
}

/** Gives a new file the owner and the group of the file that it replaces, if the system allows it. */
async function keepOwner(file: FileHandle, { uid, gid }: Stats): Promise<void> {
  const mine = await file.stat()
  if (mine.uid === uid && mine.gid === gid) return
  await file.chown(uid, gid).catch(() => file.chown(mine.uid, gid).catch(() => {}))
}

/** Sets the mode again, because the umask limited it when the file was made. */
async function setMode(file: FileHandle, mode: number): Promise<void> {
  // Some file systems have only one mode, and refuse to set any.
  if (((await file.stat()).mode & PERMISSIONS) !== mode) await file.chmod(mode)
}

/** The time at which each folder was last searched, the oldest first. Many files in one folder cost one search. */
const searchedAt = new Map<string, number>()

async function removeStale(folder: string): Promise<void> {
  const now = Date.now()
  for (const [other, time] of searchedAt) {
    if (now - time < STALE_MS) break
    searchedAt.delete(other)
  }
  if (searchedAt.has(folder)) return
  searchedAt.set(folder, now)
  // Some folders can be written and not listed. A missing folder fails in the next call.
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names.filter(entry => TEMPORARY.test(entry))) {
    const path = join(folder, name)
    const age = await stat(path).then(
      entry => now - entry.mtimeMs,
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
