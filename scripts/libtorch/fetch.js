'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { requireSpace, writeAtomically } = require('../files/disk.js')
const { withLock } = require('../files/lock.js')
const { Problem, explain } = require('../problem.js')
const { duration, line, size } = require('../terminal.js')
const { MOVE_CACHE, RECORD, cacheFolder, listEntries, setCurrent } = require('./cache.js')
const { allowsUnpinned, nvidiaWheels, waysOut } = require('./catalogue.js')
const { describeLibTorch } = require('./find.js')
const { contentsOf, requireIntact, requireOwn, sharedWithGroup } = require('./intact.js')
const { pipDownload } = require('./pip.js')
const { MACHINES, PLATFORM } = require('./platform.js')
const { CPU_INDEX, givenSource, releaseSource } = require('./source.js')
const { unpackLibTorch, unpackNvidia } = require('./unpack.js')

/** @typedef {import('./source.js').Source} Source */

/**
 * Puts LibTorch into the cache, if it is not there, and makes it the current one. Two at once make one download; one
 * that is interrupted leaves nothing that looks like a LibTorch.
 *
 * @param {object} options
 * @param {'cpu' | 'cuda'} options.variant
 * @param {string | undefined} [options.from] an address, archive, wheel or folder to take it from instead of the release
 * @param {string} [options.platform] for example "linux-arm64"; the LibTorch of another platform than this machine's is
 *   not made the current one
 * @returns {Promise<import('./find.js').LibTorchInfo>}
 */
async function fetchLibTorch({ variant, from, platform = PLATFORM }) {
  const cache = cacheFolder()
  const source = from === undefined ? releaseSource(variant, platform) : givenSource(from)
  const present = findPresent(cache, source)
  if (present !== undefined) return present
  makeCache(cache)
  const work = async () => {
    // Another set-up may have fetched it since.
    const present = findPresent(cache, source)
    if (present !== undefined) return present
    cleanUp(cache)
    return makeEntry(cache, source)
  }
  return withLock(path.join(cache, 'lock'), work, { doing: 'fetching LibTorch' })
}

/** @param {string} cache @param {Source} source */
function findPresent(cache, { key, sha256, platform }) {
  const entry = listEntries(cache).find(
    candidate => candidate.key === key && (sha256 ?? candidate.sha256) === candidate.sha256,
  )
  if (entry === undefined) return undefined
  try {
    const found = describeLibTorch(entry.folder, 'cache', platform)
    requireIntact(entry)
    if (platform === PLATFORM) setCurrent(cache, entry.name)
    return found
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'CACHE') throw error
    fs.rmSync(entry.place, { recursive: true, force: true })
    return undefined
  }
}

/** @param {string} cache */
function makeCache(cache) {
  try {
    // Others may read it: an image is often built by root and run by another user.
    fs.mkdirSync(cache, { recursive: true, mode: 0o755 })
    fs.accessSync(cache, fs.constants.W_OK)
  } catch (cause) {
    throw new Problem(
      `The cache folder ${cache} cannot be written.`,
      'Make it writable, or set LIBTORCH_DCGAN_HOME to a folder that is.',
      { cause },
    )
  }
  requireOwn(cache)
  if (sharedWithGroup(cache) === undefined) return
  line(`The members of its group may change what is in ${cache}. If they should not: chmod -R g-w '${cache}'`)
}

/** Removes the remains of interrupted runs. It needs the lock, so that no other run is at work there. @param {string} cache */
function cleanUp(cache) {
  const left = fs.readdirSync(cache).filter(name => /^\.(unpack|removed)-/.test(name))
  for (const name of [...left, path.join('downloads', 'pip'), path.join('downloads', 'nvidia')]) {
    fs.rmSync(path.join(cache, name), { recursive: true, force: true })
  }
}

/** @param {string} cache @param {Source} source */
async function makeEntry(cache, source) {
  requireSpace(cache, source.disk ?? 0, `Fetching ${source.label}`, MOVE_CACHE)
  line(`Fetching ${source.label} into ${cache}`)
  const downloads = path.join(cache, 'downloads')
  const archive = await source.fetch(downloads)
  const beside = path.join(cache, `.unpack-${process.pid}`)
  fs.rmSync(beside, { recursive: true, force: true })
  fs.mkdirSync(beside, { mode: 0o755 })
  try {
    const record = fs.statSync(archive.file).isDirectory()
      ? pointTo(archive.file, source)
      : await unpack(archive, beside, downloads, source)
    const { version, cuda } = record
    writeAtomically(path.join(beside, RECORD), {
      ...record,
      key: source.key,
      from: archive.from,
      sha256: archive.sha256,
      date: new Date().toISOString(),
    })
    const name = `${version}-${cuda ? 'cuda' : 'cpu'}${source.suffix}`
    const place = path.join(cache, name)
    fs.rmSync(place, { recursive: true, force: true })
    fs.renameSync(beside, place)
    fs.rmSync(downloads, { recursive: true, force: true })
    if (source.platform === PLATFORM) setCurrent(cache, name)
    return describeLibTorch(path.resolve(place, record.folder), 'cache', source.platform)
  } finally {
    fs.rmSync(beside, { recursive: true, force: true })
  }
}

/** Describes LibTorch in a folder that holds it, or that holds its folder. @param {string} given @param {Source} source */
function pointTo(given, source) {
  const inner = ['libtorch', 'torch'].map(name => path.join(given, name))
  return describe(inner.find(folder => fs.existsSync(path.join(folder, 'lib'))) ?? given, given, source)
}

/** @param {string} folder @param {string} named what the user knows it by @param {Source} source */
function describe(folder, named, { variant, platform }) {
  const { version, cuda } = explain(
    `${named} holds no LibTorch that fits`,
    'Give a LibTorch archive (libtorch-shared-with-deps-….zip), a PyTorch wheel, or a folder with include/ and lib/.',
    () => describeLibTorch(folder, 'cache', platform),
  )
  if (variant !== undefined && cuda !== (variant === 'cuda')) {
    throw new Problem(
      `${path.basename(named)} is LibTorch for ${cuda ? 'CUDA' : 'CPU'}, not ${variant.toUpperCase()}.`,
      `Have pip use PyTorch's index: PIP_EXTRA_INDEX_URL=${CPU_INDEX} npx libtorch-dcgan setup`,
    )
  }
  return { folder, version, cuda }
}

/**
 * Unpacks an archive into an entry, with NVIDIA's libraries if it needs them.
 *
 * @param {import('./source.js').Archive} archive
 * @param {string} entry
 * @param {string} downloads
 * @param {Source} source
 */
async function unpack({ file, from, sha256 }, entry, downloads, source) {
  const requirements = await unpackLibTorch(file, entry)
  const { version, cuda } = describe(path.join(entry, 'torch'), file, source)
  // A file that the user gave stays.
  if (file.startsWith(downloads + path.sep)) fs.rmSync(file)
  if (cuda && requirements.length > 0) {
    const machine = String(MACHINES[source.platform])
    const wanted = nvidiaWheels(sha256, machine) ?? (allowsUnpinned() ? requirements : undefined)
    if (wanted === undefined) {
      throw new Problem(
        `${from} needs wheels of NVIDIA's libraries, and their SHA-256 are known for the LibTorch that set-up fetches only.`,
        `Install it with its libraries, python3 -m pip install torch==${version}, and set LIBTORCH_USE_PYTORCH=1\n${waysOut(` --from '${from}'`)}`,
      )
    }
    await addNvidia(wanted, machine, entry, downloads)
  }
  return { folder: 'torch', version, cuda, contents: contentsOf(entry) }
}

/** @param {Record<string, string> | string[]} wanted what pip is asked for @param {string} machine @param {string} entry @param {string} downloads */
async function addNvidia(wanted, machine, entry, downloads) {
  const started = Date.now()
  line("  asking pip for NVIDIA's libraries")
  const wheels = await pipDownload(wanted, path.join(downloads, 'nvidia'), {
    machine,
    owner: "NVIDIA's",
    why: "A CUDA LibTorch needs NVIDIA's libraries, which come as Python wheels.",
  })
  const files = wheels.map(({ file }) => file)
  const bytes = await unpackNvidia(files, entry)
  line(`  added NVIDIA's libraries, ${size(bytes)}, in ${duration(Date.now() - started)}`)
}

module.exports = { fetchLibTorch }
