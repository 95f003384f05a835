import type { FileHandle } from 'node:fs/promises'
import { DcganError } from '../errors.js'
import { ioError } from '../files.js'
import { NotRegularFile, type OpenFile, withRegularFile } from '../regular-file.js'
import { type Fail, failureIn } from './errors.js'
import { type Header, LENGTH_BYTES, parseHeader } from './header.js'

/** A state's header takes about 10,000 bytes. The rest is room for metadata of other programs. */
const MAX_HEADER_BYTES = 1 << 20

/** An open safetensors file whose header describes its data exactly. */
export interface Container extends Header {
  /** Fills `target` with the data from byte `position` on. */
  read(target: Uint8Array, position: number): Promise<void>
  fail: Fail
}

/**
 * Opens a safetensors file and calls `use` with it. Checks everything that the file says about itself. Holds only its
 * header in memory.
 */
export async function withContainer<T>(file: string, use: (container: Container) => Promise<T>): Promise<T> {
  const fail = failureIn(file)
  try {
    return await withRegularFile(file, async open => use(await openContainer(open, fail)))
  } catch (cause) {
    if (cause instanceof DcganError) throw cause
    if (cause instanceof NotRegularFile) fail(`it is ${cause.kind}`, { advice: 'Check the path', cause })
    throw ioError('read', file, cause)
  }
}

async function openContainer({ file, stats }: OpenFile, fail: Fail): Promise<Container> {
  const length = await readHeaderLength(file, stats.size, fail)
  const bytes = new Uint8Array(length)
  await readFully(file, bytes, LENGTH_BYTES, fail)
  const dataStart = LENGTH_BYTES + length
  return {
    ...parseHeader(bytes, stats.size - dataStart, fail),
    read: (target, position) => readFully(file, target, dataStart + position, fail),
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
