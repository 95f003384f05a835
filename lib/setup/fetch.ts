import fs from 'node:fs'
import path from 'node:path'
import { type CacheEntry, cacheFolder, listEntries, MOVE_CACHE, RECORD, setCurrent } from './cache.js'
import { allowsUnpinned, nvidiaWheels, type Variant, waysOut } from './catalogue.js'
import { requireSpace, writeJson } from './disk.js'
import { attempt, explain, failure } from './failure.js'
import { describeLibTorch, type LibTorchInfo } from './find.js'
import { contentsOf, requireIntact, requireOwn, sharedWithGroup } from './intact.js'
import { withLock } from './lock.js'
import { pipDownload } from './pip.js'
import { MACHINES, PLATFORM } from './platform.js'
import { duration, line, size } from './report.js'
import { type Archive, CPU_INDEX, givenSource, releaseSource, type Source } from './source.js'
import { unpackLibTorch, unpackNvidia } from './unpack.js'

interface FetchOptions {
  variant: Variant
  /** An address, archive, wheel or folder to take it from instead of the release. */
  from?: string | undefined
  /** For example "linux-arm64". The LibTorch of another platform than this machine's is not made the current one. */
  platform?: string
}

/**
 * Puts LibTorch into the cache, if it is not there, and makes it the current one. Two at once make one download; one
 * that is interrupted leaves nothing that looks like a LibTorch.
 */
export async function fetchLibTorch({
  variant,
  from,
  platform = PLATFORM,
}: FetchOptions): Promise<LibTorchInfo> {
  const cache = cacheFolder()
  const source = from === undefined ? releaseSource(variant, platform) : givenSource(from)
  const present = await findPresent(cache, source)
  if (present !== undefined) return present
  makeCache(cache)
  const work = async () => {
    // Another set-up may have fetched it since.
    const present = await findPresent(cache, source)
    if (present !== undefined) return present
    cleanUp(cache)
    return makeEntry(cache, source)
  }
  return withLock(path.join(cache, 'lock'), work, { doing: 'fetching LibTorch' })
}

async function findPresent(
  cache: string,
  { key, sha256, platform }: Source,
): Promise<LibTorchInfo | undefined> {
  const entry = listEntries(cache).find(
    candidate => candidate.key === key && (sha256 ?? candidate.sha256) === candidate.sha256,
  )
  if (entry === undefined) return undefined
  const found = attempt(() => describeLibTorch(entry.folder, 'cache', platform))
  if (found === undefined) {
    fs.rmSync(entry.place, { recursive: true, force: true })
    return undefined
  }
  requireIntact(entry)
  if (platform === PLATFORM && !entry.current) await setCurrent(cache, entry.name)
  return found
}

function makeCache(cache: string): void {
  try {
    // Others may read it: an image is often built by root and run by another user.
    fs.mkdirSync(cache, { recursive: true, mode: 0o755 })
    fs.accessSync(cache, fs.constants.W_OK)
  } catch (cause) {
    const what = `The cache folder ${cache} cannot be written.`
    const fix = 'Make it writable, or set LIBTORCH_DCGAN_HOME to a folder that is.'
    throw failure('ERR_DCGAN_IO', what, fix, { cause })
  }
  requireOwn(cache)
  if (sharedWithGroup(cache) === undefined) return
  line(`The members of its group may change what is in ${cache}. If they should not: chmod -R g-w '${cache}'`)
}

/** Removes the remains of interrupted runs. It needs the lock, so that no other run is at work there. */
function cleanUp(cache: string): void {
  const left = fs.readdirSync(cache).filter(name => /^\.(unpack|removed)-/.test(name))
  for (const name of [...left, 'downloads']) {
    fs.rmSync(path.join(cache, name), { recursive: true, force: true })
  }
}

async function makeEntry(cache: string, source: Source): Promise<LibTorchInfo> {
  requireSpace(cache, source.disk ?? 0, `Fetching ${source.label}`, MOVE_CACHE)
  line(`Fetching ${source.label} into ${cache}`)
  const downloads = path.join(cache, 'downloads')
  const archive = await source.fetch(downloads)
  const made = path.join(cache, `.unpack-${process.pid}`)
  fs.mkdirSync(made, { mode: 0o755 })
  try {
    const record = fs.statSync(archive.file).isDirectory()
      ? pointTo(archive.file, source)
      : await unpack(archive, made, downloads, source)
    const { version, cuda } = record
    const { from, sha256 } = archive
    const date = new Date().toISOString()
    await writeJson(path.join(made, RECORD), { ...record, key: source.key, from, sha256, date })
    const name = `${version}-${cuda ? 'cuda' : 'cpu'}${source.suffix}`
    const place = path.join(cache, name)
    fs.rmSync(place, { recursive: true, force: true })
    fs.renameSync(made, place)
    fs.rmSync(downloads, { recursive: true, force: true })
    if (source.platform === PLATFORM) await setCurrent(cache, name)
    return describeLibTorch(path.resolve(place, record.folder), 'cache', source.platform)
  } finally {
    fs.rmSync(made, { recursive: true, force: true })
  }
}

type Described = Pick<CacheEntry, 'folder' | 'version' | 'cuda' | 'contents'>

/** Describes LibTorch in a folder that holds it, or that holds its folder. */
function pointTo(given: string, source: Source): Described {
  const inner = ['libtorch', 'torch'].map(name => path.join(given, name))
  return describe(inner.find(folder => fs.existsSync(path.join(folder, 'lib'))) ?? given, given, source)
}

/** `named`: what the user knows the folder by. */
function describe(folder: string, named: string, { variant, platform }: Source): Described {
  const { version, cuda } = explain(
    `${named} holds no LibTorch that fits`,
    'Give a LibTorch archive (libtorch-shared-with-deps-….zip), a PyTorch wheel, or a folder with include/ and lib/.',
    () => describeLibTorch(folder, 'cache', platform),
  )
  if (variant === undefined || cuda === (variant === 'cuda')) return { folder, version, cuda }
  throw failure(
    'ERR_DCGAN_IO',
    `${path.basename(named)} is LibTorch for ${cuda ? 'CUDA' : 'CPU'}, not ${variant.toUpperCase()}.`,
    `Have pip use PyTorch's index: PIP_EXTRA_INDEX_URL=${CPU_INDEX} npx libtorch-dcgan setup`,
  )
}

/** Unpacks an archive into an entry, with NVIDIA's libraries if it needs them. */
async function unpack(
  { file, from, sha256 }: Archive,
  entry: string,
  downloads: string,
  source: Source,
): Promise<Described> {
  const requirements = await unpackLibTorch(file, entry)
  const { version, cuda } = describe(path.join(entry, 'torch'), file, source)
  // A file that the user gave stays.
  if (file.startsWith(downloads + path.sep)) fs.rmSync(file)
  if (cuda && requirements.length > 0) {
    const machine = String(MACHINES[source.platform])
    const wanted = nvidiaWheels(sha256, machine) ?? (allowsUnpinned() ? requirements : undefined)
    if (wanted === undefined) {
      throw failure(
        'ERR_DCGAN_IO',
        `${from} needs wheels of NVIDIA's libraries, and their SHA-256 are known for the LibTorch that set-up fetches only.`,
        `Install it with its libraries, python3 -m pip install torch==${version}, and set LIBTORCH_USE_PYTORCH=1\n${waysOut(` --from '${from}'`)}`,
      )
    }
    await addNvidia(wanted, machine, entry, downloads)
  }
  return { folder: 'torch', version, cuda, contents: contentsOf(entry) }
}

async function addNvidia(
  wanted: Record<string, string> | string[],
  machine: string,
  entry: string,
  downloads: string,
): Promise<void> {
  const started = Date.now()
  line("  pip downloads NVIDIA's libraries")
  const wheels = await pipDownload(wanted, path.join(downloads, 'nvidia'), {
    machine,
    owner: "NVIDIA's",
    why: "A CUDA LibTorch needs NVIDIA's libraries, which come as Python wheels.",
  })
  const files = wheels.map(({ file }) => file)
  const bytes = await unpackNvidia(files, entry)
  line(`  added NVIDIA's libraries, ${size(bytes)}, in ${duration(Date.now() - started)}`)
}
