'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { requireSpace } = require('../files/disk.js')
const { withLock } = require('../files/lock.js')
const { hashFile } = require('../files/hash.js')
const { Terminal, duration, size } = require('../terminal.js')
const { RECORD, cacheFolder, formatRecord, listEntries, setCurrent } = require('./cache.js')
const { contentsOf } = require('./contents.js')
const { isRelease } = require('./catalogue.js')
const { describeLibTorch } = require('./find.js')
const { requireIntact, requireOwn, sharedWithGroup } = require('./intact.js')
const { nvidiaWheels } = require('./nvidia.js')
const { findPip, noPip, pipDownload } = require('./pip.js')
const { allowsUnpinned, requirePinned, verdict, waysOut } = require('./pinned.js')
const { PLATFORM } = require('./platform.js')
const { CPU_INDEX, givenSource, releaseSource } = require('./source.js')
const { unpackLibTorch, unpackNvidia } = require('./unpack.js')

const MOVE_CACHE = 'set LIBTORCH_DCGAN_HOME to a folder on a larger disk'

/**
 * @typedef {object} FetchOptions
 * @property {'cpu' | 'cuda'} variant
 * @property {string} [from] an address, archive, wheel or folder to take it from instead of the release
 * @property {string} [platform] for example "linux-arm64"; of another platform than this machine's it takes the release,
 *   and leaves the current LibTorch what it is
 * @property {import('../tools.js').Env} [env]
 * @property {import('../terminal.js').Output} [terminal]
 */

/**
 * Puts LibTorch into the cache, if it is not there, and makes it the current one. Two at once make one download;
 * one that is interrupted leaves nothing that looks like a LibTorch.
 *
 * @param {FetchOptions} options
 * @returns {Promise<import('./find.js').LibTorchInfo>}
 */
async function fetchLibTorch({
  variant,
  from,
  env = process.env,
  terminal = new Terminal(),
  platform = PLATFORM,
}) {
  const cache = cacheFolder(env)
  const source =
    from === undefined ? releaseSource(variant, env, terminal, platform) : givenSource(from, env, terminal)
  const present = () => {
    const entry = listEntries(cache).find(
      ({ key, sha256 }) => key === source.key && (source.sha256 ?? sha256) === sha256,
    )
    if (entry === undefined) return undefined
    try {
      const found = describeLibTorch(entry.folder, 'cache', source.arch)
      requireIntact(cache, entry)
      if (source.arch === process.arch) setCurrent(cache, entry.name)
      return found
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'CACHE') throw error
      fs.rmSync(path.join(cache, entry.name), { recursive: true, force: true })
      return undefined
    }
  }
  const found = present()
  if (found !== undefined) return found
  makeCache(cache)
  if (sharedWithGroup(cache, []) !== undefined) {
    terminal.line(
      `The members of its group may change what is in ${cache}. If they should not: chmod -R g-w '${cache}'`,
    )
  }
  return withLock(
    path.join(cache, 'lock'),
    async () => {
      const fetchedMeanwhile = present()
      if (fetchedMeanwhile !== undefined) return fetchedMeanwhile
      cleanUp(cache)
      return makeEntry(cache, source, terminal, env)
    },
    words => terminal.line(words),
    'fetching LibTorch',
  )
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
  requireOwn(cache, [])
}

/** Removes what earlier, interrupted runs left. Under the lock, so that nobody is at work there. @param {string} cache */
function cleanUp(cache) {
  for (const name of fs.readdirSync(cache)) {
    if (/^\.(unpack|removed)-/.test(name)) fs.rmSync(path.join(cache, name), { recursive: true, force: true })
  }
  for (const name of ['pip', 'nvidia']) {
    fs.rmSync(path.join(cache, 'downloads', name), { recursive: true, force: true })
  }
}

/**
 * @param {string} cache
 * @param {import('./source.js').Source} source
 * @param {import('../terminal.js').Output} terminal
 * @param {import('../tools.js').Env} env
 */
async function makeEntry(cache, source, terminal, env) {
  requireSpace(cache, source.disk, `Fetching ${source.label}`, MOVE_CACHE)
  terminal.line(`Fetching ${source.label} into ${cache}`)
  const downloads = path.join(cache, 'downloads')
  const archive = await source.fetch(downloads)
  const beside = path.join(cache, `.unpack-${process.pid}`)
  fs.rmSync(beside, { recursive: true, force: true })
  fs.mkdirSync(beside, { mode: 0o755 })
  try {
    const pointed = fs.statSync(archive.file).isDirectory()
    const requirements = pointed ? [] : await unpackLibTorch(archive.file, beside, terminal)
    const folder = pointed ? wholeFolder(archive.file) : path.join(beside, 'torch')
    const { version, cuda } = describe(folder, archive.file, source.arch)
    const variant = cuda ? 'cuda' : 'cpu'
    if (source.variant !== undefined && source.variant !== variant) {
      throw new Problem(
        `${path.basename(archive.file)} is LibTorch for ${variant.toUpperCase()}, not ${source.variant.toUpperCase()}.`,
        `Have pip use PyTorch's index: PIP_EXTRA_INDEX_URL=${CPU_INDEX} npx libtorch-dcgan setup`,
      )
    }
    if (archive.ours) fs.rmSync(archive.file)
    if (cuda && requirements.length > 0) {
      const pinned = isRelease(archive.sha256) ? nvidiaWheels(version, source.machine) : undefined
      if (pinned === undefined && !allowsUnpinned(env)) throw noPins(archive.from, version)
      await addNvidia(pinned ?? requirements, downloads, beside, source.machine, terminal, env)
    }
    const record = {
      folder: pointed ? folder : 'torch',
      version,
      cuda,
      key: source.key,
      from: archive.from,
      sha256: archive.sha256,
      date: new Date().toISOString(),
      ...(pointed ? {} : { contents: contentsOf(beside, [RECORD]) }),
    }
    fs.writeFileSync(path.join(beside, RECORD), formatRecord(record), { flush: true, mode: 0o644 })
    const name = `${version}-${variant}${source.suffix}`
    fs.rmSync(path.join(cache, name), { recursive: true, force: true })
    fs.renameSync(beside, path.join(cache, name))
    fs.rmSync(downloads, { recursive: true, force: true })
    if (source.arch === process.arch) setCurrent(cache, name)
    return describeLibTorch(path.resolve(cache, name, record.folder), 'cache', source.arch)
  } finally {
    fs.rmSync(beside, { recursive: true, force: true })
  }
}

/** @param {string} folder @param {string} named what the user knows it by @param {string} arch */
function describe(folder, named, arch) {
  try {
    return describeLibTorch(folder, 'cache', arch)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(
      `${named} holds no LibTorch that fits: ${error.message}`,
      'Give a LibTorch archive (libtorch-shared-with-deps-….zip), a PyTorch wheel, or a folder with include/ and lib/.',
    )
  }
}

/** LibTorch in a folder that holds it, or that holds its folder. @param {string} folder */
function wholeFolder(folder) {
  const inner = ['libtorch', 'torch'].map(name => path.join(folder, name))
  return inner.find(candidate => fs.existsSync(path.join(candidate, 'lib'))) ?? folder
}

/** @param {string} from @param {string} version */
function noPins(from, version) {
  return new Problem(
    `${from} needs wheels of NVIDIA's libraries, and their SHA-256 are known for the LibTorch that set-up fetches only.`,
    `Install it with its libraries, python3 -m pip install torch==${version}, and set LIBTORCH_USE_PYTORCH=1\n${waysOut(` --from '${from}'`)}`,
  )
}

/**
 * @param {Record<string, string> | string[]} wanted what pip is asked for: with each one's SHA-256, or, where the user
 *   allows it, without
 * @param {string} downloads
 * @param {string} target
 * @param {string} machine
 * @param {import('../terminal.js').Output} terminal
 * @param {import('../tools.js').Env} env
 */
async function addNvidia(wanted, downloads, target, machine, terminal, env) {
  const requirements = Array.isArray(wanted) ? wanted : Object.keys(wanted)
  const pinned = Array.isArray(wanted) ? [] : Object.values(wanted)
  const python = findPip(env)
  if (python === undefined)
    throw noPip("A CUDA LibTorch needs NVIDIA's libraries, which come as Python wheels.")
  const started = Date.now()
  terminal.line(`  asking pip for NVIDIA's libraries (${requirements.length} packages)`)
  const wheels = await pipDownload(python, requirements, path.join(downloads, 'nvidia'), {
    machine,
    dependencies: Array.isArray(wanted),
    env,
  })
  for (const wheel of wheels) {
    const sha256 = await hashFile(wheel)
    requirePinned(wheel, sha256, pinned, { owner: "NVIDIA's", env })
    if (!pinned.includes(sha256)) terminal.line(`  ${path.basename(wheel)}: ${verdict(sha256, pinned)}`)
  }
  const bytes = await unpackNvidia(wheels, target, terminal)
  terminal.line(`  added NVIDIA's libraries, ${size(bytes)}, in ${duration(Date.now() - started)}`)
}

module.exports = { fetchLibTorch }
