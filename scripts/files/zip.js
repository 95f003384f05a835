'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { pipeline } = require('node:stream/promises')
const { Transform } = require('node:stream')
const zlib = require('node:zlib')
const { Problem } = require('../problem.js')

// A reader of ZIP files (wheels are ZIP files), because a clean clone has no dependency yet and a machine need
// not have unzip. Format: PKWARE's APPNOTE.TXT 6.3.10; the numbers in comments are its sections.

const END = 0x06054b50 // 4.3.16
const END_SIZE = 22
const ZIP64_LOCATOR = 0x07064b50 // 4.3.15
const ZIP64_LOCATOR_SIZE = 20
const ZIP64_END = 0x06064b50 // 4.3.14
const ZIP64_END_SIZE = 56
const CENTRAL = 0x02014b50 // 4.3.12
const CENTRAL_SIZE = 46
const LOCAL = 0x04034b50 // 4.3.7
const LOCAL_SIZE = 30
const MAX_COMMENT = 0xffff
const MAX_DIRECTORY = 256 * 1024 * 1024

const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1
const IS_UNIX = 3
const KIND_MASK = 0o170000
const SYMLINK = 0o120000

// Below this an entry is read, inflated and written in one go: thousands of small headers are ten times faster so.
const SMALL = 4 * 1024 * 1024

/**
 * @typedef {object} ZipEntry
 * @property {string} name checked: relative, without `..`, and no link
 * @property {number} size
 * @property {number} packedSize
 * @property {number} method
 * @property {number} crc
 * @property {number} offset of its local header
 * @property {boolean} folder
 * @property {boolean} executable
 */

/** A ZIP file, open for reading. */
class ZipFile {
  /** @param {string} file */
  constructor(file) {
    this.file = file
    this.fd = fs.openSync(file, 'r')
    try {
      this.length = fs.fstatSync(this.fd).size
      /** @type {ZipEntry[]} */
      this.entries = this.readDirectory()
    } catch (error) {
      fs.closeSync(this.fd)
      throw error
    }
  }

  close() {
    fs.closeSync(this.fd)
  }

  /** @returns {ZipEntry[]} */
  readDirectory() {
    const { offset, size, count } = this.findDirectory()
    if (size > MAX_DIRECTORY || offset + size > this.length)
      throw this.damaged('its directory lies outside the file')
    const directory = this.read(offset, size)
    /** @type {ZipEntry[]} */
    const entries = []
    const names = new Set()
    let at = 0
    for (let i = 0; i < count; i++) {
      if (at + CENTRAL_SIZE > size || directory.readUInt32LE(at) !== CENTRAL)
        throw this.damaged('its directory is cut')
      const nameLength = directory.readUInt16LE(at + 28)
      const extraLength = directory.readUInt16LE(at + 30)
      const end = at + CENTRAL_SIZE + nameLength + extraLength + directory.readUInt16LE(at + 32)
      if (end > size) throw this.damaged('its directory is cut')
      const entry = this.parseEntry(directory.subarray(at, end), nameLength, extraLength)
      if (names.has(entry.name)) throw this.damaged(`two entries are named ${JSON.stringify(entry.name)}`)
      names.add(entry.name)
      entries.push(entry)
      at = end
    }
    return entries
  }

  /** Where the directory lies (4.3.16, and 4.3.14 where that says so). */
  findDirectory() {
    const tailLength = Math.min(this.length, END_SIZE + MAX_COMMENT)
    const tailStart = this.length - tailLength
    const tail = this.read(tailStart, tailLength)
    let at = tail.length - END_SIZE
    while (
      at >= 0 &&
      !(tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tailLength)
    )
      at--
    if (at < 0) throw this.damaged('it has no end record: it is cut short, or no ZIP file')
    let count = tail.readUInt16LE(at + 10)
    let size = tail.readUInt32LE(at + 12)
    let offset = tail.readUInt32LE(at + 16)
    if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
      const locator = this.read(tailStart + at - ZIP64_LOCATOR_SIZE, ZIP64_LOCATOR_SIZE)
      if (locator.readUInt32LE(0) !== ZIP64_LOCATOR) throw this.damaged('its ZIP64 locator is missing')
      const end = this.read(Number(locator.readBigUInt64LE(8)), ZIP64_END_SIZE)
      if (end.readUInt32LE(0) !== ZIP64_END) throw this.damaged('its ZIP64 end record is missing')
      count = Number(end.readBigUInt64LE(32))
      size = Number(end.readBigUInt64LE(40))
      offset = Number(end.readBigUInt64LE(48))
    }
    return { count, size, offset }
  }

  /** @param {Buffer} record @param {number} nameLength @param {number} extraLength @returns {ZipEntry} */
  parseEntry(record, nameLength, extraLength) {
    const name = record.toString('utf8', CENTRAL_SIZE, CENTRAL_SIZE + nameLength)
    this.checkName(name)
    const extra = record.subarray(CENTRAL_SIZE + nameLength, CENTRAL_SIZE + nameLength + extraLength)
    const [size, packedSize, offset] = this.widen(extra, [
      record.readUInt32LE(24),
      record.readUInt32LE(20),
      record.readUInt32LE(42),
    ])
    const method = record.readUInt16LE(10)
    const mode = record.readUInt8(5) === IS_UNIX ? record.readUInt32LE(38) >>> 16 : 0
    if ((record.readUInt16LE(8) & ENCRYPTED) !== 0) throw this.damaged(`${name} is encrypted`)
    if (method !== STORED && method !== DEFLATED) throw this.damaged(`${name} is packed by method ${method}`)
    if ((mode & KIND_MASK) === SYMLINK) throw this.unsafe(name, 'is a symbolic link')
    return {
      name,
      size: /** @type {number} */ (size),
      packedSize: /** @type {number} */ (packedSize),
      method,
      crc: record.readUInt32LE(16),
      offset: /** @type {number} */ (offset),
      folder: name.endsWith('/'),
      executable: (mode & 0o111) !== 0,
    }
  }

  /** Values that do not fit 32 bits stand in the extra field 1, in order (4.5.3). @param {Buffer} extra @param {number[]} values */
  widen(extra, values) {
    if (!values.includes(0xffffffff)) return values
    for (let at = 0; at + 4 <= extra.length; ) {
      const end = at + 4 + extra.readUInt16LE(at + 2)
      if (end > extra.length) break
      if (extra.readUInt16LE(at) === 1) {
        let from = at + 4
        return values.map(value => {
          if (value !== 0xffffffff) return value
          if (from + 8 > end) throw this.damaged('a ZIP64 size is missing')
          from += 8
          return Number(extra.readBigUInt64LE(from - 8))
        })
      }
      at = end
    }
    return values
  }

  /** @param {string} name */
  checkName(name) {
    const parts = name.split('/')
    if (name === '' || name.includes('\0')) throw this.unsafe(name, 'is no file name')
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw this.unsafe(name, 'is absolute')
    if (name.includes('\\')) throw this.unsafe(name, 'has a backslash')
    if (parts.includes('..') || parts.includes('.')) throw this.unsafe(name, 'leads out of its folder')
  }

  /** Where an entry's packed bytes begin: the local header's own name and extra field come before (4.3.7). @param {ZipEntry} entry */
  dataStart(entry) {
    const header = this.read(entry.offset, LOCAL_SIZE)
    if (header.readUInt32LE(0) !== LOCAL) throw this.damaged(`${entry.name} is not where the directory says`)
    const start = entry.offset + LOCAL_SIZE + header.readUInt16LE(26) + header.readUInt16LE(28)
    if (start + entry.packedSize > this.length) throw this.damaged(`${entry.name} lies outside the file`)
    return start
  }

  /** An entry's bytes, checked. For small ones. @param {ZipEntry} entry @returns {Buffer} */
  content(entry) {
    const packed = this.read(this.dataStart(entry), entry.packedSize)
    let bytes = packed
    if (entry.method === DEFLATED) {
      try {
        bytes = zlib.inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) })
      } catch (cause) {
        throw this.damaged(`${entry.name} does not unpack`, cause)
      }
    }
    this.check(entry, bytes.length, zlib.crc32(bytes))
    return bytes
  }

  /**
   * Unpacks into a folder of the caller's own. No file that is there is overwritten.
   *
   * @param {string} target
   * @param {(name: string) => string | undefined} place where an entry goes, relative to the folder; undefined: nowhere
   * @param {(bytes: number) => void} [onProgress] bytes written so far
   */
  async extract(target, place, onProgress = () => {}) {
    const made = new Set()
    let written = 0
    for (const [index, entry] of this.entries.entries()) {
      const relative = entry.folder ? undefined : place(entry.name)
      if (relative === undefined) continue
      const file = path.join(target, relative)
      const folder = path.dirname(file)
      if (!made.has(folder)) fs.mkdirSync(folder, { recursive: true, mode: 0o755 })
      made.add(folder)
      const mode = entry.executable ? 0o755 : 0o644
      if (entry.size < SMALL && entry.packedSize < SMALL) {
        fs.writeFileSync(file, this.content(entry), { flag: 'wx', mode })
      } else {
        const before = written
        await this.extractLarge(entry, file, mode, bytes => onProgress(before + bytes))
      }
      written += entry.size
      onProgress(written)
      // Small files are written without a pause: signals and timers want their turn.
      if (index % 64 === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** @param {ZipEntry} entry @param {string} file @param {number} mode @param {(bytes: number) => void} onProgress */
  async extractLarge(entry, file, mode, onProgress) {
    const start = this.dataStart(entry)
    let bytes = 0
    let crc = 0
    const checked = new Transform({
      transform: (/** @type {Buffer} */ chunk, _encoding, done) => {
        bytes += chunk.length
        if (bytes > entry.size) return done(this.damaged(`${entry.name} is longer than it says`))
        crc = zlib.crc32(chunk, crc)
        onProgress(bytes)
        done(null, chunk)
      },
    })
    const source = fs.createReadStream(this.file, {
      start,
      end: start + entry.packedSize - 1,
      highWaterMark: 1 << 20,
    })
    const sink = fs.createWriteStream(file, { flags: 'wx', mode, flush: true })
    try {
      if (entry.method === STORED) await pipeline(source, checked, sink)
      else await pipeline(source, zlib.createInflateRaw({ chunkSize: 1 << 20 }), checked, sink)
    } catch (cause) {
      const code = /** @type {{ code?: string }} */ (cause).code
      if (cause instanceof Problem || code?.startsWith('E')) throw cause
      throw this.damaged(`${entry.name} does not unpack`, cause)
    }
    this.check(entry, bytes, crc)
  }

  /** @param {ZipEntry} entry @param {number} bytes @param {number} crc */
  check(entry, bytes, crc) {
    if (bytes !== entry.size) throw this.damaged(`${entry.name} has ${bytes} bytes, not ${entry.size}`)
    if (crc !== entry.crc) throw this.damaged(`${entry.name} fails its checksum`)
  }

  /** @param {number} position @param {number} length */
  read(position, length) {
    const buffer = Buffer.allocUnsafe(length)
    if (position < 0 || position + length > this.length) throw this.damaged('it is cut short')
    for (let done = 0; done < length; ) {
      const count = fs.readSync(this.fd, buffer, done, length - done, position + done)
      if (count === 0) throw this.damaged('it is cut short')
      done += count
    }
    return buffer
  }

  /** @param {string} what @param {unknown} [cause] */
  damaged(what, cause) {
    return new Problem(`${this.file} is damaged: ${what}.`, 'Remove it and run the set-up again.', {
      cause,
      code: 'BAD_ARCHIVE',
    })
  }

  /** @param {string} name @param {string} what */
  unsafe(name, what) {
    return new Problem(
      `${this.file} is refused: its entry ${JSON.stringify(name)} ${what}.`,
      'Do not use this file; take LibTorch from https://pytorch.org.',
      { code: 'BAD_ARCHIVE' },
    )
  }
}

/** @typedef {ZipFile} Zip */

module.exports = { ZipFile }
