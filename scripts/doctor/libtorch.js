'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { cacheFolder, listEntries } = require('../libtorch/cache.js')
const { findLibTorch } = require('../libtorch/find.js')
const { fetchAnew, requireWhole, sharedWithGroup } = require('../libtorch/intact.js')
const { hasNvidiaDriver } = require('../libtorch/platform.js')
const { SETUP, reason } = require('../problem.js')
const { ask, which } = require('../programs.js')

const SOURCES = { LIBTORCH: 'named by LIBTORCH', PyTorch: 'of the active Python', cache: 'in the cache' }

/** @typedef {import('../doctor.js').Findings} Findings */
/** @typedef {import('../doctor.js').Found} Found */

/** Finds LibTorch, and reads it if it is in the cache. @param {Findings} findings the LibTorch is added @returns {Found} */
function checkLibTorch(findings) {
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

/**
 * Reads what was unpacked, and throws if it was changed.
 *
 * @param {string} folder LibTorch's
 * @returns {{ detail: string, fix: string } | undefined} what does no harm
 */
function readCache(folder) {
  const cache = cacheFolder()
  const entry = listEntries().find(candidate => candidate.folder === folder)
  if (entry === undefined) return undefined
  requireWhole(entry)
  const shared = sharedWithGroup(cache, entry)
  if (shared !== undefined) {
    const fix = `chmod -R g-w '${cache}', if they should not`
    return { detail: `the members of its group may change ${shared}`, fix }
  }
  // Nothing was unpacked of a folder that the entry only points to.
  if (entry.contents !== undefined || path.relative(cache, folder).startsWith('..')) return undefined
  return { detail: 'there is no record of what was unpacked to check it by', fix: fetchAnew(entry) }
}

/** @param {Findings} findings @returns {Found} */
function checkGpu({ libtorch, cudaDevices }) {
  if (!hasNvidiaDriver()) return { detail: 'no NVIDIA driver: the CPU trains and samples' }
  const detail = gpus()
  if (libtorch?.cuda === false) {
    return { status: 'note', detail: `${detail}; but this LibTorch is for the CPU`, fix: `${SETUP} --cuda` }
  }
  if (libtorch === undefined || cudaDevices !== 0) return { detail }
  const fix = 'Update the NVIDIA driver; in a container, start it with the GPUs (docker run --gpus all).'
  return { status: 'note', detail: `${detail}; but LibTorch sees no GPU`, fix }
}

/** The GPUs and their driver, as nvidia-smi or the driver describes them. */
function gpus() {
  const program = which('nvidia-smi')
  try {
    const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']
    const answer = program && ask(program, query)
    if (answer) return answer.replaceAll('\n', '; ')
  } catch (error) {
    return reason(error)
  }
  const driver = '/proc/driver/nvidia/version'
  if (fs.existsSync(driver)) return String(fs.readFileSync(driver, 'utf8').split('\n')[0])
  return 'an NVIDIA driver, but nvidia-smi does not answer'
}

module.exports = { checkGpu, checkLibTorch }
