import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { DcganError } from '../errors.js'
import { ioError } from '../files.js'
import { type Fail, failureIn } from './errors.js'
import { type Header, LENGTH_BYTES, parseHeader } from './header.js'

/** A state's header takes some 10,000 bytes; the rest is room for other writers' metadata. */
const MAX_HEADER_BYTES = 1 << 20

/** An open safetensors file whose header describes its data exactly. */
export interface Container extends Header {
  /** Fills `target` with the data from byte `position` on. */
  read(target: Uint8Array, position: number): Promise<void>
  fail: Fail
}

/**
 * Opens a safetensors file for as long as `use` takes. Nothing that the file claims is believed, and no more
 * than its header is held in memory.
 */
export async function withContainer<T>(file: string, use: (container: Container) => Promise<T>): Promise<T> {
  const fail = failureIn(file)
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would keep a thread of libuv's pool for ever.
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    return await use(await openContainer(handle, fail))
  } catch (cause) {
    if (cause instanceof DcganError) throw cause
    const wrong = NO_FILE[(cause as NodeJS.ErrnoException).code ?? '']
    if (wrong !== undefined) fail(wrong, { advice: 'Check the path', cause })
    throw ioError('read', file, cause)
  } finally {
    await handle?.close()
  }
}

const NO_FILE: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead in a circle',
  ENXIO: 'it is not a regular file',
}

async function openContainer(handle: FileHandle, fail: Fail): Promise<Container> {
  const stat = await handle.stat()
  if (!stat.isFile()) {
    fail(`it is ${stat.isDirectory() ? 'a folder' : 'not a regular file'}`, { advice: 'Check the path' })
  }
  const length = await readHeaderLength(handle, stat.size, fail)
  const bytes = new Uint8Array(length)
  await readFully(handle, bytes, LENGTH_BYTES, fail)
  const dataStart = LENGTH_BYTES + length
  return {
    ...parseHeader(bytes, stat.size - dataStart, fail),
    read: (target, position) => readFully(handle, target, dataStart + position, fail),
    fail,
  }
}

async function readHeaderLength(handle: FileHandle, fileBytes: number, fail: Fail): Promise<number> {
  if (fileBytes === 0) fail('it is empty')
  if (fileBytes < LENGTH_BYTES) {
    fail(`it has ${fileBytes} bytes, too few for the length of a header, which takes ${LENGTH_BYTES}`)
  }
  const bytes = Buffer.alloc(LENGTH_BYTES)
  await readFully(handle, bytes, 0, fail)
  const length = bytes.readBigUInt64LE()
  if (length > fileBytes - LENGTH_BYTES) {
    fail(`its first bytes announce a header of ${length} bytes, but ${fileBytes - LENGTH_BYTES} follow`)
  }
  if (length > MAX_HEADER_BYTES) {
    fail(`its first bytes announce a header of ${length} bytes, more than the ${MAX_HEADER_BYTES} allowed`)
  }
  return Number(length)
}

async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  fail: Fail,
): Promise<void> {
  for (let done = 0; done < target.byteLength; ) {
    const { bytesRead } = await handle.read(target, done, target.byteLength - done, position + done)
    if (bytesRead === 0) fail(`it became shorter while it was read, ending at byte ${position + done}`)
    done += bytesRead
  }
}
