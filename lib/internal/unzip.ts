import fs from 'node:fs'
import path from 'node:path'
import type { Entry, ZipFile } from 'yauzl'
import { codeOf, ioFailure, messageOf } from './failure.js'
import { clear, progress, size } from './report.js'
import { openZip, readEntry } from './zip-reader.js'

const KIND_MASK = 0o170000
const SYMLINK = 0o120000
/** A wheel of torch has 15,000. */
const MAX_ENTRIES = 200_000
/** Larger files reach the disk before the folder gets its name. */
const SMALL_BYTES = 4 * 1024 * 1024

/**
 * Unpacks a ZIP file into a folder of the caller's own. Overwrites no file. Refuses an archive with a link, or with a name
 * that leads out of its folder. Returns the number of bytes.
 *
 * @param place returns where an entry goes, relative to the folder; undefined: nowhere
 */
export async function unzip(
  archive: string,
  target: string,
  place: (name: string) => string | undefined,
): Promise<number> {
  let zip: ZipFile | undefined
  try {
    zip = await openZip(archive, { strictFileNames: true })
    const names = new Set<string>()
    const wanted: { entry: Entry; file: string }[] = []
    for await (const entry of zip.eachEntry()) {
      const { fileName: name } = entry
      checkEntry(entry, names)
      names.add(name)
      const to = name.endsWith('/') ? undefined : place(name)
      if (to !== undefined) wanted.push({ entry, file: path.join(target, to) })
    }
    const bytes = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
    let done = 0
    for (const { entry, file } of wanted) {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
      // A stream could still make the file after this has failed and the folder was removed.
      const fd = fs.openSync(file, 'wx', 0o644)
      try {
        for await (const chunk of readEntry(zip, entry)) fs.appendFileSync(fd, chunk)
        if (entry.uncompressedSize > SMALL_BYTES) fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
      done += entry.uncompressedSize
      progress('  Unpacking', done, bytes, size)
    }
    return bytes
  } catch (error) {
    // An error of the system is not the archive's fault.
    if (/^E[A-Z]+$/.test(codeOf(error))) throw error
    const what = `${archive} is damaged or unsafe: ${messageOf(error)}.`
    const fix = 'Remove it and run the set-up again, or take LibTorch from https://pytorch.org.'
    throw ioFailure(what, fix, { cause: error })
  } finally {
    zip?.close()
    clear()
  }
}

/** yauzl has checked that the name is relative, and has no '..'. */
function checkEntry(entry: Entry, names: Set<string>): void {
  const { fileName: name, externalFileAttributes: attributes } = entry
  const kind = entry.versionMadeBy >>> 8 === 3 ? (attributes >>> 16) & KIND_MASK : 0
  if (name === '' || name.includes('\0') || name.split('/').includes('.'))
    throw new Error(`no file name: ${JSON.stringify(name)}`)
  if (kind === SYMLINK) throw new Error(`${name} is a symbolic link`)
  if (names.has(name)) throw new Error(`two entries are named ${name}`)
  if (names.size === MAX_ENTRIES) throw new Error(`it has more than ${MAX_ENTRIES} entries`)
}
