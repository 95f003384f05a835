'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { hashFile } = require('../files/hash.js')
const { download } = require('../net/download.js')
const { duration, size } = require('../terminal.js')
const { releaseFor } = require('./catalogue.js')
const { findPip, noPip, pipDownload } = require('./pip.js')
const { allowsUnpinned, requirePinned, verdict, waysOut } = require('./pinned.js')
const { PLATFORM, requireGlibc, requirePlatform } = require('./platform.js')

const PYTORCH = 'https://download.pytorch.org'
const CPU_INDEX = `${PYTORCH}/whl/cpu`

/**
 * Where a LibTorch comes from.
 *
 * @typedef {object} Source
 * @property {string} key equal for equal sources
 * @property {string | undefined} sha256 of the archive, where another one must not stand in for it
 * @property {string} label for the user
 * @property {string} suffix of the entry's name
 * @property {(downloads: string) => Promise<Archive>} fetch
 * @property {number} disk
 * @property {'cpu' | 'cuda' | undefined} variant what it must be
 * @property {string} machine
 * @property {string} arch the processor that it must be built for, in Node.js's words
 */

/**
 * @typedef {object} Archive
 * @property {string} file a ZIP file or wheel, or a folder
 * @property {string} from where it came from, for the record
 * @property {string | null} sha256
 * @property {boolean} ours whether it may be deleted when it is unpacked
 */

/**
 * The release of the catalogue: from PyTorch's site, or by pip where that cannot be reached.
 *
 * @param {'cpu' | 'cuda'} variant
 * @param {import('../tools.js').Env} env
 * @param {import('../terminal.js').Output} terminal
 * @param {string} platform another one than this machine's is for building the addon of that platform here
 * @returns {Source}
 */
function releaseSource(variant, env, terminal, platform) {
  requirePlatform()
  requireGlibc()
  const release = releaseFor(variant, platform)
  const foreign = platform === PLATFORM ? '' : `-${platform}`
  const byPip = async (/** @type {string} */ downloads, /** @type {string} */ why) => {
    const python = findPip(env)
    if (python === undefined) throw noPip(why)
    terminal.line(`  asking pip for ${release.requirement}`)
    const folder = path.join(downloads, 'pip')
    const index = variant === 'cpu' ? CPU_INDEX : undefined
    const [file] = await pipDownload(python, [release.requirement], folder, {
      ...release,
      dependencies: false,
      index,
      env,
    })
    if (file === undefined) throw new Problem('pip downloaded nothing.', 'python3 -m pip config list')
    const sha256 = await hashFile(file)
    const pinned = [release.sha256]
    requirePinned(file, sha256, pinned, { owner: "PyTorch's", ...(index && { index }), env })
    terminal.line(`  downloaded ${size(fs.statSync(file).size)}, ${verdict(sha256, pinned)}`)
    return { file, from: `pip: ${release.requirement}`, sha256, ours: true }
  }
  return {
    key: `${release.version} ${variant}${foreign}`,
    label: `LibTorch ${release.version} (${variant.toUpperCase()}) for ${platform}, ${size(release.download)}`,
    suffix: foreign,
    disk: release.disk,
    variant,
    sha256: allowsUnpinned(env) ? undefined : release.sha256,
    machine: release.machine,
    arch: platform.replace(/^.*-/, ''),
    async fetch(downloads) {
      if (release.path === null) return byPip(downloads, `LibTorch ${release.version} is fetched by pip.`)
      const address = `${(env.LIBTORCH_DCGAN_MIRROR || PYTORCH).replace(/\/$/, '')}${release.path}`
      try {
        return await fetchAddress(address, path.join(downloads, release.file), release.sha256, env, terminal)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'UNREACHABLE') throw error
        terminal.line(`  ${error.message}`)
        return byPip(downloads, error.message)
      }
    },
  }
}

/**
 * What the user gave with --from.
 *
 * @param {string} from
 * @param {import('../tools.js').Env} env
 * @param {import('../terminal.js').Output} terminal
 * @returns {Source}
 */
function givenSource(from, env, terminal) {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  const common = {
    label: `LibTorch from ${from}`,
    disk: 0,
    variant: undefined,
    sha256: undefined,
    machine,
    arch: process.arch,
  }
  if (/^https?:\/\//i.test(from)) {
    const url = new URL(from)
    const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(url.hash)?.[1]?.toLowerCase()
    const given = url.hash
    url.hash = ''
    const address = url.href
    // For the record and for what is shown.
    const shown = withoutPassword(address)
    const name = `${fingerprint(shown)}-${path.basename(url.pathname) || 'libtorch.zip'}`
    return {
      ...common,
      label: `LibTorch from ${shown}`,
      key: shown,
      suffix: `-${fingerprint(shown)}`,
      sha256,
      async fetch(downloads) {
        if (sha256 === undefined && (given !== '' || !allowsUnpinned(env))) throw noHash(shown, given)
        return fetchAddress(address, path.join(downloads, name), sha256 ?? null, env, terminal)
      },
    }
  }
  const file = path.resolve(from)
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    throw new Problem(`${file} does not exist.`, 'Give --from an address, a ZIP file, a wheel or a folder.')
  }
  const key = stat.isDirectory() ? file : `${file} ${stat.size} ${stat.mtimeMs}`
  return {
    ...common,
    key,
    suffix: `-${fingerprint(key)}`,
    fetch: async () => ({
      file,
      from: file,
      sha256: stat.isDirectory() ? null : await hashFile(file),
      ours: false,
    }),
  }
}

/** @param {string} address */
function withoutPassword(address) {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href
}

/** @param {string} address @param {string} given what stood in the place of its hash */
function noHash(address, given) {
  const fix = `Add it to the address: --from '${address}#sha256=<64 hexadecimal digits>'`
  return given === ''
    ? new Problem(
        `${address} comes without its SHA-256, so nothing tells whether what is fetched is what was meant.`,
        `${fix}\n${waysOut(` --from '${address}'`)}`,
      )
    : new Problem(`${given}, at the end of ${address}, is no SHA-256.`, fix)
}

/** @param {string} text */
function fingerprint(text) {
  return crypto.hash('sha1', text).slice(0, 8)
}

/**
 * @param {string} address
 * @param {string} file
 * @param {string | null} sha256
 * @param {import('../tools.js').Env} env
 * @param {import('../terminal.js').Output} terminal
 * @returns {Promise<Archive>}
 */
async function fetchAddress(address, file, sha256, env, terminal) {
  const started = Date.now()
  const fetched = await download(address, file, {
    sha256,
    env,
    onProgress: (done, total) => terminal.progress('  Downloading', done, total, size),
    onRetry: message => terminal.line(`  ${message}`),
  })
  const time = duration(Date.now() - started)
  terminal.line(`  downloaded ${size(fetched.size)} in ${time}, ${verdict(fetched.sha256, [sha256 ?? ''])}`)
  return { file, from: withoutPassword(address), sha256: fetched.sha256, ours: true }
}

module.exports = { CPU_INDEX, givenSource, releaseSource }
