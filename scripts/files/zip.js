'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Readable } = require('node:stream')
const { buffer } = require('node:stream/consumers')
const zlib = require('node:zlib')
const { Problem, codeOf, reason } = require('../problem.js')
const terminal = require('../terminal.js')
const { requireSpace } = require('./disk.js')

const KIND_MASK = 0o170000
const SYMLINK = 0o120000
/** A wheel of torch has 15,000. */
const MAX_ENTRIES = 200_000
/** Headers and metadata are smaller. */
const SMALL = 4 * 1024 * 1024

/** @typedef {import('yauzl').Entry} Entry */

/** A ZIP file (wheels are ZIP files), open for reading. Its names are checked: none is a link or leads out of a folder. */
class ZipFile {
  /** Files by their names. @type {Map<string, Entry>} */
  entries = new Map()

  /** @param {string} file @param {import('yauzl').ZipFile} zip */
  constructor(file, zip) {
    this.file = file
    this.zip = zip
  }

  /** @param {string} file */
  static async open(file) {
    const reader = readerOf(file)
    try {
      const options = { autoClose: false, strictFileNames: true }
      const zip = await require('yauzl').fromRandomAccessReaderPromise(reader, reader.size, options)
      const opened = new ZipFile(file, zip)
      for await (const entry of zip.eachEntry()) opened.add(entry)
      return opened
    } catch (error) {
      reader.close(() => {})
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

  /** The first entry whose name matches. @param {RegExp} pattern */
  find(pattern) {
    return [...this.entries.values()].find(({ fileName }) => pattern.test(fileName))
  }

  /** Reads an entry, and throws at its end if the bytes are not those that were packed. @param {Entry} entry */
  async *read(entry, onBytes = (/** @type {number} */ _count) => {}) {
    try {
      let crc = 0
      // yauzl checks their number.
      for await (const chunk of await this.zip.openReadStreamPromise(entry)) {
        crc = zlib.crc32(chunk, crc)
        onBytes(chunk.length)
        yield chunk
      }
      if (crc !== entry.crc32) throw new Error(`${entry.fileName} fails its checksum`)
    } catch (error) {
      throw failure(this.file, error)
    }
  }

  /** The text of the first entry whose name matches; undefined if there is none. @param {RegExp} pattern */
  async text(pattern) {
    const entry = this.find(pattern)
    if (entry === undefined) return undefined
    if (entry.uncompressedSize > SMALL) throw failure(this.file, new Error(`${entry.fileName} is too large`))
    return (await buffer(this.read(entry))).toString('utf8')
  }

  /**
   * Unpacks into a folder of the caller's own. No file that is there is overwritten.
   *
   * @param {string} target
   * @param {(name: string) => string | undefined} place where an entry goes, relative to the folder; undefined: nowhere
   * @param {string} [elsewhere] how the user chooses another disk
   * @returns {Promise<{ files: number, bytes: number }>}
   */
  async extract(target, place, elsewhere) {
    const wanted = [...this.entries.values()].filter(
      ({ fileName }) => !fileName.endsWith('/') && place(fileName) !== undefined,
    )
    const bytes = wanted.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
    requireSpace(target, bytes, `Unpacking ${this.file}`, elsewhere)
    let done = 0
    for (const entry of wanted) {
      const file = path.join(target, String(place(entry.fileName)))
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644
      const content = this.read(entry, count => {
        done += count
        terminal.progress('  Unpacking', done, bytes, terminal.size)
      })
      // Written at once: a stream to the file could still make it after this has failed and the folder was removed.
      const fd = fs.openSync(file, 'wx', mode)
      try {
        for await (const chunk of content) fs.appendFileSync(fd, chunk)
        if (entry.uncompressedSize > SMALL) fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    }
    terminal.clear()
    return { files: wanted.length, bytes }
  }
}

/** Reads a file for yauzl, whose own reader throws an error that nobody catches if a record points far out. @param {string} file */
function readerOf(file) {
  const { RandomAccessReader } = require('yauzl')
  const fd = fs.openSync(file, 'r')
  const { size } = fs.fstatSync(fd)
  class Reader extends RandomAccessReader {
    size = size

    /** @override @param {number} start @param {number} end */
    _readStreamForRange(start, end) {
      if (end - start > SMALL)
        return fs.createReadStream(file, { start, end: end - 1, highWaterMark: 1 << 20 })
      // At once: thousands of headers would wait for as many streams.
      const bytes = Buffer.alloc(end - start)
      return Readable.from([bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, start))])
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

/** A system's error stays as it is; everything else is the file's fault. @param {string} file @param {unknown} error */
function failure(file, error) {
  if (error instanceof Problem || /^E[A-Z]+$/.test(codeOf(error))) return error
  return new Problem(
    `${file} is damaged or unsafe: ${reason(error)}.`,
    'Remove it and run the set-up again, or take LibTorch from https://pytorch.org.',
    { cause: error, code: 'BAD_ARCHIVE' },
  )
}

module.exports = { ZipFile }
