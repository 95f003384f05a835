import { crc32 } from 'node:zlib'

/** A file in a ZIP archive. */
export interface ZipEntry {
  name: string
  /** Yields its bytes, the same ones at each call. */
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const VERSION = 20
/** 1 January 1980, the first day that the format has. The bytes then depend on the contents alone. */
const DATE = 0x21
/** Larger archives take a format of their own. */
const MAX_BYTES = 2 ** 32 - 1

/** Yields the bytes of an archive that stores its files as they are, as `numpy.savez()` does (APPNOTE 6.3, 4.3). */
export async function* storedZip(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const central: Buffer[] = []
  let offset = 0
  for (const { name, pieces } of entries) {
    let [sum, size] = [0, 0]
    for await (const piece of pieces()) {
      sum = crc32(piece, sum)
      size += piece.length
    }
    if (offset + size > MAX_BYTES)
      throw new RangeError("a .npz file has 4 GiB at most. Write fewer images, or format: 'idx'")
    const fields = fieldsOf(name, sum, size)
    yield Buffer.concat([uint32(LOCAL), fields, Buffer.from(name)])
    for await (const piece of pieces()) yield piece
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([uint32(CENTRAL), uint16(VERSION), fields, rest, Buffer.from(name)]))
    offset += 4 + fields.length + Buffer.byteLength(name) + size
  }
  const directory = Buffer.concat(central)
  yield directory
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  yield end
}

/** The fields that stand both before a file and in the directory. */
function fieldsOf(name: string, sum: number, size: number): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(DATE, 8)
  fields.writeUInt32LE(sum, 10)
  fields.writeUInt32LE(size, 14)
  fields.writeUInt32LE(size, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
