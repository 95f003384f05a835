'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { buffer } = require('node:stream/consumers')
const { pipeline } = require('node:stream/promises')
const zlib = require('node:zlib')
const { Problem, codeOf, reason } = require('../problem.js')

const KIND_MASK = 0o170000
const SYMLINK = 0o120000
/** A wheel of torch has 15,000. */
const MAX_ENTRIES = 200_000
// Below this an entry is unpacked in memory and written in one go: thousands of small headers are several times faster so.
const SMALL = 4 * 1024 * 1024

/** @typedef {import('yauzl').Entry} Entry */

/** A ZIP file (wheels are ZIP files), open for reading. Its names are checked: they lead to no other folder, and are no links. */
class ZipFile {
  /** @param {string} file @param {import('yauzl').ZipFile} zip */
  constructor(file, zip) {
    this.file = file
    this.zip = zip
    /** Files by their names. @type {Map<string, Entry>} */
    this.entries = new Map()
  }

  /** @param {string} file */
  static async open(file) {
    const yauzl = require('yauzl')
    const reader = readerOf(file)
    let opened
    try {
      const options = { autoClose: false, strictFileNames: true }
      const zip = await yauzl.fromRandomAccessReaderPromise(reader, reader.size, options)
      opened = new ZipFile(file, zip)
      for await (const entry of zip.eachEntry()) opened.add(entry)
      return opened
    } catch (error) {
      if (opened === undefined) reader.close(() => {})
      else opened.close()
      throw failure(file, error)
    }
  }

  close() {
    this.zip.close()
  }

  /** @param {Entry} entry */
  add(entry) {
    const { fileName: name, externalFileAttributes: attributes } = entry
    const kind = entry.versionMadeBy >>> 8 === 3 ? (attributes >>> 16) & KIND_MASK : 0
    if (name === '' || name.includes('\0') || name.split('/').includes('.'))
      throw new Error(`no file name: ${JSON.stringify(name)}`)
    if (kind === SYMLINK) throw new Error(`${name} is a symbolic link`)
    if (this.entries.has(name)) throw new Error(`two entries are named ${name}`)
    if (!entry.canDecodeFileData())
      throw new Error(`${name} is encrypted, or packed by method ${entry.compressionMethod}`)
    if (this.entries.size === MAX_ENTRIES) throw new Error(`it has more than ${MAX_ENTRIES} entries`)
    this.entries.set(name, entry)
  }

  /** A small entry's bytes. @param {Entry} entry */
  async content(entry) {
    if (entry.uncompressedSize > SMALL) throw failure(this.file, new Error(`${entry.fileName} is too large`))
    try {
      return await buffer(verified(entry, await this.zip.openReadStreamPromise(entry)))
    } catch (error) {
      throw failure(this.file, error)
    }
  }

  /**
   * Unpacks into a folder of the caller's own. No file that is there is overwritten.
   *
   * @param {string} target
   * @param {(name: string) => string | undefined} place where an entry goes, relative to the folder; undefined: nowhere
   * @param {(bytes: number) => void} [onProgress] bytes written so far
   */
  async extract(target, place, onProgress = () => {}) {
    let written = 0
    for (const [name, entry] of this.entries) {
      const relative = name.endsWith('/') ? undefined : place(name)
      if (relative === undefined) continue
      const file = path.join(target, relative)
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644
      if (entry.uncompressedSize < SMALL) {
        const bytes = await this.content(entry)
        fs.writeFileSync(file, bytes, { flag: 'wx', mode })
      } else {
        await this.extractLarge(entry, file, mode, bytes => onProgress(written + bytes))
      }
      written += entry.uncompressedSize
      onProgress(written)
    }
  }

  /** @param {Entry} entry @param {string} file @param {number} mode @param {(bytes: number) => void} onProgress */
  async extractLarge(entry, file, mode, onProgress) {
    try {
      const bytes = verified(entry, await this.zip.openReadStreamPromise(entry), onProgress)
      await pipeline(bytes, fs.createWriteStream(file, { flags: 'wx', mode, flush: true }))
    } catch (error) {
      throw failure(this.file, error)
    }
  }
}

/** Reads a file for yauzl, whose own reader throws where nobody catches it when a record points far out of the file. @param {string} file */
function readerOf(file) {
  const { RandomAccessReader } = require('yauzl')
  const fd = fs.openSync(file, 'r')
  const { size } = fs.fstatSync(fd)
  class Reader extends RandomAccessReader {
    size = size

    /** @override @param {number} start @param {number} end */
    _readStreamForRange(start, end) {
      return fs.createReadStream(file, { start, end: end - 1, highWaterMark: 1 << 20 })
    }

    /** @override @param {Buffer} buffer @param {number} offset @param {number} length @param {number} position @param {(error: Error | null) => void} callback */
    read(buffer, offset, length, position, callback) {
      if (position < 0 || position + length > size) return callback(new Error('it points out of itself'))
      fs.read(fd, buffer, offset, length, position, callback)
    }

    /** @override @param {(error: Error | null) => void} callback */
    close(callback) {
      fs.close(fd, callback)
    }
  }
  return new Reader()
}

/** An entry's bytes, and an error at their end where they are others; yauzl sees to their number. @param {Entry} entry @param {AsyncIterable<Buffer>} bytes @param {(done: number) => void} [onProgress] */
async function* verified(entry, bytes, onProgress = () => {}) {
  let [crc, done] = [0, 0]
  for await (const chunk of bytes) {
    crc = zlib.crc32(chunk, crc)
    done += chunk.length
    onProgress(done)
    yield chunk
  }
  if (crc !== entry.crc32) throw new Error(`${entry.fileName} fails its checksum`)
}

/** What the system says stays what it is; all else is the file's fault. @param {string} file @param {unknown} error */
function failure(file, error) {
  if (error instanceof Problem || /^E[A-Z]+$/.test(codeOf(error) ?? '')) return error
  return new Problem(
    `${file} is damaged or unsafe: ${reason(error)}.`,
    'Remove it and run the set-up again, or take LibTorch from https://pytorch.org.',
    { cause: error, code: 'BAD_ARCHIVE' },
  )
}

/** @typedef {ZipFile} Zip */

module.exports = { ZipFile }
