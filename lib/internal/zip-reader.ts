import fs from 'node:fs'
import { Readable } from 'node:stream'
import zlib from 'node:zlib'
import {
  type Entry,
  fromRandomAccessReaderPromise,
  type Options,
  RandomAccessReader,
  type ZipFile,
} from 'yauzl'

/** Entries of fewer bytes are read at once. */
const SMALL_BYTES = 4 * 1024 * 1024

/** Opens a ZIP file. The caller closes it. */
export async function openZip(file: string, options: Options = {}): Promise<ZipFile> {
  const reader = new FileReader(file)
  try {
    return await fromRandomAccessReaderPromise(reader, reader.size, { ...options, autoClose: false })
  } catch (error) {
    reader.close(() => {})
    throw error
  }
}

/** Reads an entry. Throws at its end if the bytes are not those that were packed. */
export async function* readEntry(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const { fileName: name, compressionMethod: method } = entry
  if (!entry.canDecodeFileData()) throw new Error(`${name} is encrypted, or packed by method ${method}`)
  let crc = 0
  // yauzl checks the number of bytes.
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    crc = zlib.crc32(chunk, crc)
    yield chunk
  }
  if (crc !== entry.crc32) throw new Error(`${name} fails its checksum`)
}

/** Reads a file for yauzl. In yauzl's own reader, a record that points far out causes an error that nobody catches. */
class FileReader extends RandomAccessReader {
  readonly size: number
  readonly #file: string
  readonly #fd: number

  constructor(file: string) {
    super()
    this.#file = file
    this.#fd = fs.openSync(file, 'r')
    this.size = fs.fstatSync(this.#fd).size
  }

  override _readStreamForRange(start: number, end: number): Readable {
    if (end - start > SMALL_BYTES)
      return fs.createReadStream(this.#file, { start, end: end - 1, highWaterMark: 1 << 20 })
    // Small ranges are read at once, because thousands of headers would need as many streams.
    const bytes = Buffer.alloc(end - start)
    return Readable.from([bytes.subarray(0, fs.readSync(this.#fd, bytes, 0, bytes.length, start))])
  }

  override read(
    ...[bytes, offset, length, position, callback]: Parameters<RandomAccessReader['read']>
  ): void {
    if (position < 0 || position + length > this.size) callback(new Error('it points out of itself'))
    else fs.read(this.#fd, bytes, offset, length, position, callback)
  }

  override close(callback: (error: Error | null) => void): void {
    fs.close(this.#fd, callback)
  }
}
