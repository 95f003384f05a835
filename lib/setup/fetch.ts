import fs from 'node:fs'
import path from 'node:path'
import { DcganError } from '../errors.js'
import { cacheFolder } from '../internal/cache-folder.js'
import { hashFile, writeJson } from '../internal/disk.js'
import { attempt, detailsOf, explain, ioFailure } from '../internal/failure.js'
import { makeFolder } from '../internal/files.js'
import { requirePlatform } from '../internal/platform.js'
import { duration, line, size } from '../internal/report.js'
import { quoted } from '../internal/shell.js'
import { type CacheEntry, listEntries, RECORD, updateRecord } from './cache.js'
import {
  allowsUnpinned,
  nvidiaWheels,
  type Release,
  releaseFor,
  type Variant,
  WAYS_OUT,
} from './catalogue.js'
import { download } from './download.js'
import { describeLibTorch, type LibTorchInfo } from './find.js'
import { contentsOf, requireIntact, requireOwn, sharedWithGroup } from './intact.js'
import { withLock } from './lock.js'
import { pipDownload } from './pip.js'
import { unpackLibTorch, unpackNvidia } from './unpack.js'

const PYTORCH = 'https://download.pytorch.org'

/** A ZIP file or wheel with LibTorch. */
interface Archive {
  file: string
  /** Its source, for the record. */
  from: string
  sha256: string
}

/**
 * Puts LibTorch into the cache, if it is not there, and makes it the current one. Two at once make one download; one
 * that is interrupted leaves nothing that looks like a LibTorch.
 *
 * @param from a ZIP file or wheel to take it from instead of the release
 */
export async function fetchLibTorch(variant: Variant, from?: string): Promise<LibTorchInfo> {
  const cache = cacheFolder()
  if (from === undefined) requirePlatform()
  const source = from === undefined ? releaseFor(variant) : givenArchive(path.resolve(from))
  const stands = ({ name, sha256 }: CacheEntry) =>
    sha256 === source.sha256 || ('variant' in source && allowsUnpinned() && name === nameOf(source))
  const findPresent = async () => {
    const entries = listEntries(cache)
    const entry = entries.find(stands)
    const found = entry && attempt(() => describeLibTorch(entry.folder, 'cache'))
    if (entry === undefined || found === undefined) return undefined
    requireIntact(entry)
    if (entry !== entries[0]) await updateRecord(entry.place, { date: new Date().toISOString() })
    return found
  }
  const present = await findPresent()
  if (present !== undefined) return present
  await makeCache(cache)
  // Another set-up may have fetched it since.
  const work = async () => (await findPresent()) ?? (await makeEntry(cache, source))
  return withLock(path.join(cache, 'lock'), work, { doing: 'fetching LibTorch' })
}

function givenArchive(file: string): Archive {
  if (attempt(() => fs.statSync(file).isFile())) return { file, from: file, sha256: hashFile(file) }
  const fix = 'Give --from a ZIP file or a wheel. For a folder, set LIBTORCH=<folder>.'
  throw ioFailure(`${file} does not exist, or is no file.`, fix)
}

/** The name of a release's entry. */
function nameOf({ version, variant }: { version: string; variant: Variant }): string {
  return `${version}-${variant}`
}

async function makeCache(cache: string): Promise<void> {
  try {
    // Other users may read the cache: an image is often built by root and run by another user.
    await makeFolder(cache, 0o755)
    fs.accessSync(cache, fs.constants.W_OK)
  } catch (cause) {
    const fix = 'Make it writable, or set LIBTORCH_DCGAN_HOME to a folder that is.'
    throw ioFailure(`The cache folder ${cache} cannot be written.`, fix, { cause })
  }
  requireOwn(cache)
  if (sharedWithGroup(cache) === undefined) return
  line(`The group of ${cache} may write to it. If it should not: chmod -R g-w ${quoted(cache)}`)
}

async function makeEntry(cache: string, source: Archive | Release): Promise<LibTorchInfo> {
  const remove = (names: string[]) => {
    for (const name of names) fs.rmSync(path.join(cache, name), { recursive: true, force: true })
  }
  // Interrupted runs leave these.
  remove(fs.readdirSync(cache).filter(name => /^(\.(unpack|removed)-|downloads$)/.test(name)))
  const made = path.join(cache, '.unpack-libtorch')
  try {
    const archive = 'variant' in source ? await fetchRelease(source, cache) : source
    const { file, from, sha256 } = archive
    fs.mkdirSync(made, { mode: 0o755 })
    const wheel = await unpackLibTorch(file, made)
    const fix = 'Give a LibTorch archive (libtorch-shared-with-deps-….zip) or a PyTorch wheel.'
    const describe = () => describeLibTorch(path.join(made, 'torch'), 'cache')
    const { version, cuda } = explain(`${file} holds no LibTorch that fits:`, fix, describe)
    if (cuda && wheel) await addNvidia(archive, version, made)
    const date = new Date().toISOString()
    const record = { folder: 'torch', version, cuda, from, sha256, date, contents: contentsOf(made) }
    await writeJson(path.join(made, RECORD), record)
    const release = nameOf({ version, variant: cuda ? 'cuda' : 'cpu' })
    const name = 'variant' in source ? release : `${release}-${sha256.slice(0, 8)}`
    remove([name])
    fs.renameSync(made, path.join(cache, name))
    return describeLibTorch(path.join(cache, name, 'torch'), 'cache')
  } finally {
    remove([path.basename(made), 'downloads'])
  }
}

/** Fetches a release into a folder's `downloads/`: from PyTorch's site, or by pip if that cannot be reached. */
export async function fetchRelease(release: Release, folder: string): Promise<Archive> {
  const { variant, version, machine, sha256, requirement, bytes } = release
  line(
    `Fetching LibTorch ${version} (${variant.toUpperCase()}) for ${machine}, ${size(bytes)}, into ${folder}`,
  )
  const downloads = path.join(folder, 'downloads')
  let why = `LibTorch ${version} is fetched by pip.`
  if (release.file !== undefined) {
    const site = (process.env.LIBTORCH_DCGAN_MIRROR || PYTORCH).replace(/\/$/, '')
    const from = `${site}/whl/cpu/${encodeURIComponent(release.file)}`
    const file = path.join(downloads, release.file)
    const started = Date.now()
    try {
      const received = await download(from, file, sha256)
      line(`  downloaded ${size(received)} in ${duration(started)}, SHA-256 as pinned`)
      return { file, from: from.replace(/\/\/[^/]*@/, '//'), sha256 }
    } catch (error) {
      const { what, unreachable } = detailsOf(error as Error)
      if (!(error instanceof DcganError) || unreachable !== true) throw error
      line(`  ${what}`)
      why = what
    }
  }
  line(`  pip downloads ${requirement}`)
  const index = variant === 'cpu' ? `${PYTORCH}/whl/cpu` : undefined
  const options = { machine, owner: "PyTorch's", why, index }
  const [wheel] = await pipDownload({ [requirement]: sha256 }, path.join(downloads, 'pip'), options)
  return { file: '', sha256: '', ...wheel, from: `pip: ${requirement}` }
}

async function addNvidia({ from, sha256 }: Archive, version: string, made: string): Promise<void> {
  const release = releaseFor('cuda')
  if (sha256 !== release.sha256 && !allowsUnpinned()) {
    throw ioFailure(
      `${from} needs wheels of NVIDIA's libraries, and set-up knows their SHA-256 only for the LibTorch that it fetches.`,
      `Install it with its libraries, python3 -m pip install torch==${version}, and set LIBTORCH_USE_PYTORCH=1\n${WAYS_OUT}`,
    )
  }
  line("  pip downloads NVIDIA's libraries")
  const { machine } = release
  const why = "A CUDA LibTorch needs NVIDIA's libraries, which come as Python wheels."
  const folder = path.join(path.dirname(made), 'downloads', 'nvidia')
  const wheels = await pipDownload(nvidiaWheels(machine), folder, { machine, owner: "NVIDIA's", why })
  for (const { file } of wheels) await unpackNvidia(file, made)
  line("  added NVIDIA's libraries")
}
