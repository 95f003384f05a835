import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { DcganError } from '../errors.js'
import { allowsUnpinned, releaseFor, type Variant, verdict, waysOut } from './catalogue.js'
import { hashFile } from './disk.js'
import { download, splitCredentials } from './download.js'
import { detailsOf, failure } from './failure.js'
import { pipDownload, type Wheel } from './pip.js'
import { PLATFORM, requirePlatform } from './platform.js'
import { duration, line, size } from './report.js'

const PYTORCH = 'https://download.pytorch.org'
export const CPU_INDEX = `${PYTORCH}/whl/cpu`

/** A ZIP file or wheel, or a folder. */
export interface Archive {
  file: string
  /** Its source, for the record. */
  from: string
  sha256: string | null
}

/** The place that a LibTorch comes from. */
export interface Source {
  /** Equal for equal sources. */
  key: string
  /** Of the archive, if no other one may stand in for it. */
  sha256: string | undefined
  /** For the user. */
  label: string
  /** Of the entry's name. */
  suffix: string
  fetch(downloads: string): Promise<Archive>
  /** Bytes that it needs on the disk. */
  disk?: number
  /** The build that it must be: for the CPU or for CUDA. */
  variant?: Variant
  platform: string
}

/**
 * Returns the release of the catalogue: from PyTorch's site, or by pip if that cannot be reached. The addon of another
 * platform than this machine's is built with that platform's release.
 */
export function releaseSource(variant: Variant, platform: string): Source {
  requirePlatform()
  const release = releaseFor(variant, platform)
  const { version, sha256, requirement, machine } = release
  const suffix = platform === PLATFORM ? '' : `-${platform}`
  const byPip = async (downloads: string, why: string): Promise<Archive> => {
    line(`  pip downloads ${requirement}`)
    const index = variant === 'cpu' ? CPU_INDEX : undefined
    const options = { machine, owner: "PyTorch's", why, index }
    const [wheel] = await pipDownload({ [requirement]: sha256 }, path.join(downloads, 'pip'), options)
    return { ...(wheel as Wheel), from: `pip: ${requirement}` }
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
        const { what, unreachable } = detailsOf(error as Error)
        if (!(error instanceof DcganError) || unreachable !== true) throw error
        line(`  ${what}`)
        return byPip(downloads, what)
      }
    },
  }
}

/** Returns the source that the user gave with --from: an address, a file or a folder. */
export function givenSource(from: string): Source {
  const given = /^https?:\/\//i.test(from) ? addressSource(new URL(from)) : fileSource(path.resolve(from))
  return { ...given, platform: PLATFORM, suffix: `-${fingerprint(given.key)}` }
}

function addressSource(url: URL) {
  const hash = url.hash
  const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(hash)?.[1]?.toLowerCase()
  url.hash = ''
  const { url: key } = splitCredentials(url.href)
  const fetch = async (downloads: string): Promise<Archive> => {
    const fix = `Add it to the address: --from '${key}#sha256=<64 hexadecimal digits>'`
    if (sha256 === undefined && hash !== '')
      throw failure('ERR_DCGAN_IO', `${hash}, at the end of ${key}, is no SHA-256.`, fix)
    if (sha256 === undefined && !allowsUnpinned()) {
      const what = `${key} comes without its SHA-256, so nothing shows whether the right file is fetched.`
      throw failure('ERR_DCGAN_IO', what, `${fix}\n${waysOut(` --from '${key}'`)}`)
    }
    const name = `${fingerprint(key)}-${path.basename(url.pathname) || 'libtorch.zip'}`
    return fetchAddress(url.href, path.join(downloads, name), sha256)
  }
  return { key, label: `LibTorch from ${key}`, sha256, fetch }
}

function fileSource(file: string) {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    const fix = 'Give --from an address, a ZIP file, a wheel or a folder.'
    throw failure('ERR_DCGAN_IO', `${file} does not exist.`, fix)
  }
  const folder = stat.isDirectory()
  const key = folder ? file : `${file} ${stat.size} ${stat.mtimeMs}`
  const fetch = async () => ({ file, from: file, sha256: folder ? null : hashFile(file) })
  return { key, label: `LibTorch from ${file}`, sha256: undefined, fetch }
}

function fingerprint(text: string): string {
  return crypto.hash('sha1', text).slice(0, 8)
}

async function fetchAddress(address: string, file: string, pinned: string | undefined): Promise<Archive> {
  const started = Date.now()
  const { url, sha256, bytes } = await download(address, file, { sha256: pinned })
  const time = duration(Date.now() - started)
  line(`  downloaded ${size(bytes)} in ${time}, ${verdict(sha256, pinned)}`)
  return { file, from: url, sha256 }
}
