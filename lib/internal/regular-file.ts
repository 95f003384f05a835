import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'

// O_NONBLOCK: opening a pipe without a writer would otherwise block a thread of libuv's pool for ever, and even
// process.exit(). O_NOCTTY: opening a terminal must not make it the controlling terminal of the process.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** The error for a path that is not a regular file, such as a pipe: reading it might never end. */
export class NotRegularFile extends Error {
  override readonly name = 'NotRegularFile'
  /** For example `'a folder'`. */
  readonly kind: string

  constructor(kind: string, options?: { cause?: unknown }) {
    super(`it is ${kind}. Give the path of a file`, options)
    this.kind = kind
  }
}

/** An open file, and its stats at the time of opening. */
interface OpenFile {
  file: FileHandle
  stats: Stats
}

/**
 * Opens a regular file for reading. The caller closes it.
 *
 * Rejects with `NotRegularFile`, or as `open` does.
 */
export async function openRegularFile(path: string): Promise<OpenFile> {
  const file = await open(path, FLAGS).catch(cause => {
    // This is the system's error for a socket, and for a device that does not exist.
    throw cause.code === 'ENXIO' ? new NotRegularFile('a socket', { cause }) : cause
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new NotRegularFile(kindOf(stats))
    return { file, stats }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Returns whether there is a folder at this path, also at the end of a symbolic link. */
export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    entry => entry.isDirectory(),
    () => false,
  )
}

/** Returns the path of the first of these files that exists in a folder. */
export async function firstExisting(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = join(folder, name)
    if ((await stat(path).catch(() => undefined)) !== undefined) return path
  }
  return undefined
}

/** Opens a regular file, calls `use` with it, and closes it. Rejects as `openRegularFile` does. */
export async function withRegularFile<T>(path: string, use: (open: OpenFile) => Promise<T>): Promise<T> {
  const open = await openRegularFile(path)
  try {
    return await use(open)
  } finally {
    await open.file.close()
  }
}

/** Reads an open file in pieces of at most `pieceBytes` bytes. Each piece is a new buffer. */
export async function* piecesOf(file: FileHandle, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(pieceBytes), 0, pieceBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Reads the first bytes of an open file, at most `limit`. */
export async function firstBytes({ file, stats }: OpenFile, limit: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.min(stats.size, limit))
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, done)
    if (bytesRead === 0) return bytes.subarray(0, done)
    done += bytesRead
  }
  return bytes
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
