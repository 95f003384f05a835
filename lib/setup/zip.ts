import fs from 'node:fs'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import zlib from 'node:zlib'
import type { Entry, ZipFile as Zip } from 'yauzl'
import { DcganError } from '../errors.js'
import { openZip } from '../internal/zip-reader.js'
import { requireSpace } from './disk.js'
import { codeOf, failure, messageOf } from './failure.js'
import { clear, progress, size } from './report.js'

const KIND_MASK = 0o170000
const SYMLINK = 0o120000
/** A wheel of torch has 15,000. */
const MAX_ENTRIES = 200_000
/** Headers and metadata are smaller. */
const SMALL_BYTES = 4 * 1024 * 1024

/** A ZIP file (wheels are ZIP files), open for reading. Its names are checked: none is a link or leads out of a folder. */
export class ZipFile {
  readonly #file: string
  readonly #zip: Zip
  readonly #entries = new Map<string, Entry>()

  private constructor(file: string, zip: Zip) {
    this.#file = file
    this.#zip = zip
  }

  static async open(file: string): Promise<ZipFile> {
    let zip: Zip | undefined
    try {
      zip = await openZip(file, { strictFileNames: true })
      const opened = new ZipFile(file, zip)
      for await (const entry of zip.eachEntry()) opened.#add(entry)
      return opened
    } catch (error) {
      zip?.close()
      throw damaged(file, error)
    }
  }

  close(): void {
    this.#zip.close()
  }

  #add(entry: Entry): void {
    const { fileName: name, externalFileAttributes: attributes } = entry
    const kind = entry.versionMadeBy >>> 8 === 3 ? (attributes >>> 16) & KIND_MASK : 0
    if (name === '' || name.includes('\0') || name.split('/').includes('.'))
      throw new Error(`no file name: ${JSON.stringify(name)}`)
    if (kind === SYMLINK) throw new Error(`${name} is a symbolic link`)
    if (this.#entries.has(name)) throw new Error(`two entries are named ${name}`)
    if (!entry.canDecodeFileData())
      throw new Error(`${name} is encrypted, or packed by method ${entry.compressionMethod}`)
    if (this.#entries.size === MAX_ENTRIES) throw new Error(`it has more than ${MAX_ENTRIES} entries`)
    this.#entries.set(name, entry)
  }

  /** Returns the first name that matches. */
  find(pattern: RegExp): string | undefined {
    return [...this.#entries.keys()].find(name => pattern.test(name))
  }

  /** Reads an entry, and throws at its end if the bytes are not those that were packed. */
  async *#read(entry: Entry): AsyncGenerator<Buffer> {
    try {
      let crc = 0
      // yauzl checks their number.
      for await (const chunk of await this.#zip.openReadStreamPromise(entry)) {
        crc = zlib.crc32(chunk, crc)
        yield chunk
      }
      if (crc !== entry.crc32) throw new Error(`${entry.fileName} fails its checksum`)
    } catch (error) {
      throw damaged(this.#file, error)
    }
  }

  /** Reads the text of the first entry with a matching name. Returns '' if there is none. */
  async text(pattern: RegExp): Promise<string> {
    const entry = this.#entries.get(this.find(pattern) ?? '')
    if (entry === undefined) return ''
    if (entry.uncompressedSize > SMALL_BYTES)
      throw damaged(this.#file, new Error(`${entry.fileName} is too large`))
    return (await buffer(this.#read(entry))).toString('utf8')
  }

  /**
   * Unpacks into a folder of the caller's own. Overwrites no file.
   *
   * @param place returns where an entry goes, relative to the folder; undefined: nowhere
   * @param elsewhere how the user chooses another disk
   */
  async extract(
    target: string,
    place: (name: string) => string | undefined,
    elsewhere?: string,
  ): Promise<{ files: number; bytes: number }> {
    const wanted = [...this.#entries.values()].flatMap(entry => {
      const to = entry.fileName.endsWith('/') ? undefined : place(entry.fileName)
      return to === undefined ? [] : [{ entry, file: path.join(target, to) }]
    })
    const bytes = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
    requireSpace(target, bytes, `Unpacking ${this.#file}`, elsewhere)
    let done = 0
    for (const { entry, file } of wanted) {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644
      // Written at once: a stream to the file could still make it after this has failed and the folder was removed.
      const fd = fs.openSync(file, 'wx', mode)
      try {
        for await (const chunk of this.#read(entry)) {
          fs.appendFileSync(fd, chunk)
          done += chunk.length
          progress('  Unpacking', done, bytes, size)
        }
        if (entry.uncompressedSize > SMALL_BYTES) fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    }
    clear()
    return { files: wanted.length, bytes }
  }
}

/** Leaves a system's error as it is. Everything else is the file's fault. */
function damaged(file: string, error: unknown): unknown {
  if (error instanceof DcganError || /^E[A-Z]+$/.test(codeOf(error))) return error
  return failure(
    'ERR_DCGAN_IO',
    `${file} is damaged or unsafe: ${messageOf(error)}.`,
    'Remove it and run the set-up again, or take LibTorch from https://pytorch.org.',
    { cause: error },
  )
}
