'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { hashFile } = require('../files/disk.js')
const { download, splitCredentials } = require('../net/download.js')
const { Problem } = require('../problem.js')
const { duration, line, size } = require('../terminal.js')
const { allowsUnpinned, releaseFor, verdict, waysOut } = require('./catalogue.js')
const { pipDownload } = require('./pip.js')
const { PLATFORM, requirePlatform } = require('./platform.js')

const PYTORCH = 'https://download.pytorch.org'
const CPU_INDEX = `${PYTORCH}/whl/cpu`

/**
 * The place that a LibTorch comes from.
 *
 * @typedef {object} Source
 * @property {string} key equal for equal sources
 * @property {string | undefined} sha256 of the archive, if no other one may stand in for it
 * @property {string} label for the user
 * @property {string} suffix of the entry's name
 * @property {(downloads: string) => Promise<Archive>} fetch
 * @property {number} [disk] bytes that it needs there
 * @property {'cpu' | 'cuda'} [variant] what it must be
 * @property {string} platform
 */

/**
 * @typedef {object} Archive
 * @property {string} file a ZIP file or wheel, or a folder
 * @property {string} from where it came from, for the record
 * @property {string | null} sha256
 */

/**
 * The release of the catalogue: from PyTorch's site, or by pip if that cannot be reached.
 *
 * @param {'cpu' | 'cuda'} variant
 * @param {string} platform another one than this machine's is for building the addon of that platform here
 * @returns {Source}
 */
function releaseSource(variant, platform) {
  requirePlatform()
  const release = releaseFor(variant, platform)
  const { version, sha256, requirement, machine } = release
  const suffix = platform === PLATFORM ? '' : `-${platform}`
  const byPip = async (/** @type {string} */ downloads, /** @type {string} */ why) => {
    line(`  asking pip for ${requirement}`)
    const index = variant === 'cpu' ? CPU_INDEX : undefined
    const options = { machine, owner: "PyTorch's", why, index }
    const [wheel] = await pipDownload({ [requirement]: sha256 }, path.join(downloads, 'pip'), options)
    return { .../** @type {{ file: string, sha256: string }} */ (wheel), from: `pip: ${requirement}` }
  }
  return {
    key: `${version} ${variant}${suffix}`,
    label: `LibTorch ${version} (${variant.toUpperCase()}) for ${platform}, ${size(release.download)}`,
    suffix,
    disk: release.disk,
    variant,
    sha256: allowsUnpinned() ? undefined : sha256,
    platform,
    async fetch(downloads) {
      if (release.path === undefined) return byPip(downloads, `LibTorch ${version} is fetched by pip.`)
      const address = `${(process.env.LIBTORCH_DCGAN_MIRROR || PYTORCH).replace(/\/$/, '')}${release.path}`
      try {
        return await fetchAddress(address, path.join(downloads, release.file), sha256)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'UNREACHABLE') throw error
        line(`  ${error.message}`)
        return byPip(downloads, error.message)
      }
    },
  }
}

/** The source that the user gave with --from: an address, a file or a folder. @param {string} from @returns {Source} */
function givenSource(from) {
  return /^https?:\/\//i.test(from) ? addressSource(new URL(from)) : fileSource(path.resolve(from))
}

/** @param {URL} url @returns {Source} */
function addressSource(url) {
  const given = url.hash
  const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(given)?.[1]?.toLowerCase()
  url.hash = ''
  const { url: key } = splitCredentials(url.href)
  return {
    key,
    label: `LibTorch from ${key}`,
    suffix: `-${fingerprint(key)}`,
    sha256,
    platform: PLATFORM,
    async fetch(downloads) {
      const fix = `Add it to the address: --from '${key}#sha256=<64 hexadecimal digits>'`
      if (sha256 === undefined && given !== '')
        throw new Problem(`${given}, at the end of ${key}, is no SHA-256.`, fix)
      if (sha256 === undefined && !allowsUnpinned()) {
        throw new Problem(
          `${key} comes without its SHA-256, so nothing tells whether the right file is fetched.`,
          `${fix}\n${waysOut(` --from '${key}'`)}`,
        )
      }
      const name = `${fingerprint(key)}-${path.basename(url.pathname) || 'libtorch.zip'}`
      return fetchAddress(url.href, path.join(downloads, name), sha256)
    },
  }
}

/** @param {string} file @returns {Source} */
function fileSource(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    throw new Problem(`${file} does not exist.`, 'Give --from an address, a ZIP file, a wheel or a folder.')
  }
  const folder = stat.isDirectory()
  const key = folder ? file : `${file} ${stat.size} ${stat.mtimeMs}`
  return {
    key,
    label: `LibTorch from ${file}`,
    suffix: `-${fingerprint(key)}`,
    sha256: undefined,
    platform: PLATFORM,
    fetch: async () => ({ file, from: file, sha256: folder ? null : hashFile(file) }),
  }
}

/** @param {string} text */
const fingerprint = text => crypto.hash('sha1', text).slice(0, 8)

/** @param {string} address @param {string} file @param {string | undefined} pinned @returns {Promise<Archive>} */
async function fetchAddress(address, file, pinned) {
  const started = Date.now()
  const { url, sha256, size: bytes } = await download(address, file, { sha256: pinned })
  const time = duration(Date.now() - started)
  line(`  downloaded ${size(bytes)} in ${time}, ${verdict(sha256, pinned)}`)
  return { file, from: url, sha256 }
}

module.exports = { CPU_INDEX, givenSource, releaseSource }
