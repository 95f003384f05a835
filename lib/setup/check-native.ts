import path from 'node:path'
import type { DcganErrorCode } from '../errors.js'
import { cacheFolder } from '../internal/cache-folder.js'
import { attempt, failure, missing, SETUP } from '../internal/failure.js'
import { PLATFORM } from '../internal/platform.js'
import { quoted } from '../internal/shell.js'
import { minorOf } from '../internal/version.js'
import { reinstallCommand, tryAddon } from './addon.js'
import { listEntries } from './cache.js'
import { findLibTorch, type LibTorchInfo } from './find.js'
import { requireIntact, sharedWithGroup } from './intact.js'
import { hasNvidiaDriver, query } from './programs.js'

export interface Check {
  name: string
  /** A note does no harm. A check is skipped if what it depends on failed. */
  status: 'ok' | 'note' | 'failed' | 'skipped'
  detail: string
  /** The command or step that fixes it. */
  fix?: string
  code?: DcganErrorCode
}

/** The finding of a check. All is well if there is no status. */
export type Found = Omit<Check, 'name' | 'status'> & Partial<Pick<Check, 'status'>>

/** Facts that the checks find out for each other. */
export interface Findings {
  libtorch?: LibTorchInfo
  /** True if the addon that is missing has to be built. */
  building?: boolean
  /** True if the addon loads. */
  samples?: boolean
  /** The GPUs that LibTorch sees. Undefined if the addon does not load it. */
  cudaDevices?: number
}

const SOURCES = { LIBTORCH: 'named by LIBTORCH', PyTorch: 'of the active Python', cache: 'in the cache' }

const REPLACE = {
  LIBTORCH: 'Point LIBTORCH at an intact LibTorch, or unset it.',
  PyTorch: 'python3 -m pip install --force-reinstall torch',
  cache: `${SETUP} --remove && ${SETUP}`,
}

/** Finds LibTorch, and reads its libraries if it is in the cache. */
export function checkLibTorch(findings: Findings): Found {
  const libtorch = findLibTorch()
  if (libtorch === undefined) {
    const detail = `none: LIBTORCH is not set, LIBTORCH_USE_PYTORCH is not 1, and ${cacheFolder()} has none`
    return { status: 'note', detail: `${detail}. Models sample without it, and need it to train`, fix: SETUP }
  }
  findings.libtorch = libtorch
  const { version, cuda, source, folder } = libtorch
  const detail = `${version} (${cuda ? 'CUDA' : 'CPU'}), ${SOURCES[source]}: ${folder}`
  const entry = source === 'cache' ? listEntries().find(other => other.folder === folder) : undefined
  if (entry === undefined) return { detail }
  requireIntact(entry, true)
  const shared = sharedWithGroup(cacheFolder(), entry)
  if (shared === undefined) return { detail }
  const fix = `chmod -R g-w ${quoted(cacheFolder())}   (if it should not)`
  return { status: 'note', detail: `${detail}; the group of ${shared} may write to it`, fix }
}

export function checkGpu({ libtorch, cudaDevices }: Findings): Found {
  if (!hasNvidiaDriver()) return { detail: 'no NVIDIA driver: the CPU trains and samples' }
  const flags = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']
  const answer = attempt(() => query('nvidia-smi', flags)?.replaceAll('\n', '; '))
  const detail = answer || 'an NVIDIA driver, but nvidia-smi does not answer'
  if (libtorch?.cuda === false)
    return { status: 'note', detail: `${detail}; but this LibTorch is for the CPU`, fix: `${SETUP} --cuda` }
  if (libtorch === undefined || cudaDevices !== 0) return { detail }
  const fix = 'Update the NVIDIA driver; in a container, start it with the GPUs (docker run --gpus all).'
  return { status: 'note', detail: `${detail}; but LibTorch sees no GPU`, fix }
}

/** Loads the addon, alone and with LibTorch, in a process of its own, and adds what it finds to `findings`. */
export function checkAddon(root: string, findings: Findings): Found {
  const { libtorch } = findings
  findings.building = true
  const gyp = require('node-gyp-build') as { path(root: string): string }
  const file = attempt(() => gyp.path(root))
  if (file === undefined)
    throw missing(`None for ${PLATFORM} in build/Release or prebuilds of ${root}.`, SETUP)
  const prebuilt = path.relative(root, file).startsWith('prebuilds')
  findings.building = !prebuilt
  const kind = prebuilt ? 'prebuilt' : 'built here'
  const fix = prebuilt ? reinstallCommand(root) : `${SETUP} --rebuild`
  const { version, failure: message } = tryAddon(file)
  if (version === undefined) throw missing(`${file} (${kind}) does not load: ${message}`, fix)
  findings.samples = true
  const detail = `${kind}, for LibTorch ${version || 'none'}: ${file}`
  findings.building = false
  if (libtorch === undefined) return { detail }
  if (minorOf(version) !== minorOf(libtorch.version) && process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1') {
    findings.building = true
    throw failure('ERR_DCGAN_LIBTORCH_MISMATCH', `${detail}; but LibTorch is ${libtorch.version}`, SETUP)
  }
  const together = tryAddon(file, libtorch.lib)
  if (together.failure !== undefined) {
    const damaged = together.failure.includes(libtorch.lib)
    findings.building = !damaged && !prebuilt
    const what = `${detail} does not load LibTorch: ${together.failure}`
    throw missing(what, damaged ? REPLACE[libtorch.source] : fix)
  }
  const { threads, level, cudaDevices = 0 } = together.info ?? {}
  findings.cudaDevices = cudaDevices
  return { detail: `${detail} (level ${level}, ${threads} threads)` }
}
