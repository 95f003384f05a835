import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

// Without O_NONBLOCK, opening a pipe that nobody writes to would keep a thread of libuv's pool for ever, beyond
// process.exit() too. Without O_NOCTTY, opening a terminal could make it the process's own.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** What is thrown for a path that names something other than a regular file: reading it could last for ever. */
export class NotRegularFile extends Error {
  override readonly name = 'NotRegularFile'
  /** For example `'a folder'`. */
  readonly kind: string

  constructor(kind: string, options?: { cause?: unknown }) {
    super(`it is ${kind}. Give the path of a file`, options)
    this.kind = kind
  }
}

/** An open file and what the system said of it when it was opened. */
export interface OpenFile {
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
    // The system's answer for a socket, and for a device that is not there.
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

/** Opens a regular file for as long as `use` takes. Rejects as `openRegularFile` does. */
export async function withRegularFile<T>(path: string, use: (open: OpenFile) => Promise<T>): Promise<T> {
  const open = await openRegularFile(path)
  try {
    return await use(open)
  } finally {
    await open.file.close()
  }
}

/** The bytes of an open file in pieces of at most so many bytes, each a buffer of its own. */
export async function* piecesOf(file: FileHandle, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(pieceBytes), 0, pieceBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** At most the first `limit` bytes of an open file. */
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
