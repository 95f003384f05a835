import fs from 'node:fs'
import path from 'node:path'
import { cacheFolder, listEntries } from './cache.js'
import { messageOf, SETUP } from './failure.js'
import { findLibTorch } from './find.js'
import type { Findings, Found } from './findings.js'
import { fetchAgain, requireIntact, sharedWithGroup } from './intact.js'
import { hasNvidiaDriver } from './platform.js'
import { findProgram, query } from './programs.js'

const SOURCES = { LIBTORCH: 'named by LIBTORCH', PyTorch: 'of the active Python', cache: 'in the cache' }

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
  const note = source === 'cache' ? readCache(folder) : undefined
  return note ? { status: 'note', detail: `${detail}; ${note.detail}`, fix: note.fix } : { detail }
}

/** Reads what was unpacked, and throws if it was changed. Returns what does no harm. */
function readCache(folder: string): { detail: string; fix: string } | undefined {
  const cache = cacheFolder()
  const entry = listEntries().find(candidate => candidate.folder === folder)
  if (entry === undefined) return undefined
  requireIntact(entry, true)
  const shared = sharedWithGroup(cache, entry)
  if (shared !== undefined) {
    const fix = `chmod -R g-w '${cache}', if they should not`
    return { detail: `the members of its group may change ${shared}`, fix }
  }
  // Nothing was unpacked of a folder that the entry only points to.
  if (entry.contents !== undefined || path.relative(cache, folder).startsWith('..')) return undefined
  return { detail: 'there is no record of what was unpacked to check it by', fix: fetchAgain(entry) }
}

export function checkGpu({ libtorch, cudaDevices }: Findings): Found {
  if (!hasNvidiaDriver()) return { detail: 'no NVIDIA driver: the CPU trains and samples' }
  const detail = gpus()
  if (libtorch?.cuda === false) {
    return { status: 'note', detail: `${detail}; but this LibTorch is for the CPU`, fix: `${SETUP} --cuda` }
  }
  if (libtorch === undefined || cudaDevices !== 0) return { detail }
  const fix = 'Update the NVIDIA driver; in a container, start it with the GPUs (docker run --gpus all).'
  return { status: 'note', detail: `${detail}; but LibTorch sees no GPU`, fix }
}

/** Describes the GPUs and their driver, as nvidia-smi or the driver does. */
function gpus(): string {
  const program = findProgram('nvidia-smi')
  try {
    const flags = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']
    const answer = program && query(program, flags)
    if (answer) return answer.replaceAll('\n', '; ')
  } catch (error) {
    return messageOf(error)
  }
  const driver = '/proc/driver/nvidia/version'
  if (fs.existsSync(driver)) return String(fs.readFileSync(driver, 'utf8').split('\n')[0])
  return 'an NVIDIA driver, but nvidia-smi does not answer'
}
