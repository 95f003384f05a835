import type { ByteReader } from '../internal/source.js'
import { type Fail, failureIn } from './errors.js'
import { type Header, LENGTH_BYTES, parseHeader } from './header.js'

/** A state's header takes about 10,000 bytes. The rest is space for metadata of other programs. */
const MAX_HEADER_BYTES = 1 << 20
/** The most data of a file that does not say its size before it is read: 2 GiB. */
const MAX_UNSIZED_BYTES = 2 ** 31

/** A safetensors file that is being read. Its header describes its data exactly. */
export interface Container extends Header {
  /** Fills `target` with the next bytes of the data. */
  read(target: Uint8Array): Promise<void>
  /** Checks that the file ends after the data, where this was not known before. */
  end(): Promise<void>
  fail: Fail
}

/** Reads the header of a safetensors file. Checks everything that the file says about itself. */
export async function openContainer(reader: ByteReader): Promise<Container> {
  const fail = failureIn(reader.name)
  const { size } = reader
  let position = 0
  const read = async (target: Uint8Array) => {
    position += await readFully(reader, target, position, fail)
  }
  const length = await readHeaderLength(read, size, fail)
  const bytes = new Uint8Array(length)
  await read(bytes)
  const dataBytes = size === undefined ? undefined : size - LENGTH_BYTES - length
  const header = parseHeader(bytes, dataBytes, fail)
  const announced = header.tensors.at(-1)?.end ?? 0
  if (dataBytes === undefined && announced > MAX_UNSIZED_BYTES) {
    fail(`its header announces ${announced} bytes of data`, { advice: 'Download it, and load the file' })
  }
  return {
    ...header,
    read,
    async end() {
      if (size === undefined && (await reader.read(new Uint8Array(1))) > 0) {
        fail(`bytes follow the last tensor, which ends at byte ${announced}`)
      }
    },
    fail,
  }
}

async function readHeaderLength(
  read: (target: Uint8Array) => Promise<void>,
  fileBytes = Number.POSITIVE_INFINITY,
  fail: Fail,
): Promise<number> {
  if (fileBytes === 0) fail('it is empty')
  if (fileBytes < LENGTH_BYTES) {
    fail(`it has ${fileBytes} bytes, too few for the length of a header, which takes ${LENGTH_BYTES}`)
  }
  const bytes = new Uint8Array(LENGTH_BYTES)
  await read(bytes)
  const length = new DataView(bytes.buffer).getBigUint64(0, true)
  if (length > fileBytes - LENGTH_BYTES) {
    fail(`its first bytes announce a header of ${length} bytes, but ${fileBytes - LENGTH_BYTES} follow`)
  }
  if (length > MAX_HEADER_BYTES) {
    fail(`its first bytes announce a header of ${length} bytes, more than the ${MAX_HEADER_BYTES} allowed`)
  }
  return Number(length)
}

async function readFully(
  reader: ByteReader,
  target: Uint8Array,
  position: number,
  fail: Fail,
): Promise<number> {
  const done = await reader.read(target)
  if (done === target.length) return done
  const how = reader.size === undefined ? 'it is cut short' : 'it became shorter while it was read'
  return fail(`${how}, ending at byte ${position + done}`)
}
