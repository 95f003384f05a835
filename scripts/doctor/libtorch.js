'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { cacheFolder, listEntries } = require('../libtorch/cache.js')
const { findLibTorch } = require('../libtorch/find.js')
const { fetchAnew, loadedFrom, requireWhole, sharedWithGroup } = require('../libtorch/intact.js')
const { hasNvidiaDriver } = require('../libtorch/platform.js')
const { VERSIONS } = require('../libtorch/catalogue.js')
const { minorOf } = require('../libtorch/version.js')
const { Problem } = require('../problem.js')
const { ask, which } = require('../tools.js')
const { check } = require('./system.js')

const SETUP = 'npx libtorch-dcgan setup'

/** @typedef {import('../doctor.js').Check} Check */
/** @typedef {import('../libtorch/find.js').LibTorchInfo} LibTorchInfo */

/** @type {Record<LibTorchInfo['source'], string>} */
const SOURCES = { LIBTORCH: 'named by LIBTORCH', PyTorch: 'of the active Python', cache: 'in the cache' }

/** @returns {{ check: Check, libtorch: LibTorchInfo | undefined }} */
function checkLibTorch() {
  /** @type {LibTorchInfo | undefined} */
  let libtorch
  /** @type {ReturnType<typeof checkCache>} */
  let note
  const result = check('LibTorch', () => {
    libtorch = findLibTorch({ prefer: VERSIONS.map(minorOf) })
    if (libtorch === undefined) return ''
    const { version, cuda, source, folder } = libtorch
    if (source === 'cache') note = checkCache(libtorch)
    return `${version} (${cuda ? 'CUDA' : 'CPU'}), ${SOURCES[source]}: ${folder}`
  })
  if (result.status === 'ok' && libtorch === undefined) {
    Object.assign(result, {
      status: 'failed',
      detail: `None: LIBTORCH is not set, LIBTORCH_USE_PYTORCH is not 1, and ${cacheFolder()} has none.`,
      fix: SETUP,
    })
  }
  return {
    check: note === undefined ? result : { ...result, ...note, detail: `${result.detail}; ${note.detail}` },
    libtorch,
  }
}

/**
 * Reads what was unpacked, and throws where it is not as it was.
 *
 * @param {LibTorchInfo} libtorch of the cache
 * @returns {{ status: 'note', detail: string, fix: string } | undefined} what does no harm
 */
function checkCache({ folder }) {
  const cache = cacheFolder()
  const entry = listEntries(cache).find(candidate => candidate.folder === folder)
  if (entry === undefined) return undefined
  requireWhole(cache, entry)
  const shared = sharedWithGroup(cache, loadedFrom(cache, entry))
  if (shared !== undefined) {
    const detail = `the members of its group may change ${shared}`
    return { status: 'note', detail, fix: `chmod -R g-w '${cache}', if they should not` }
  }
  // Of a folder that was only pointed to, nothing was unpacked.
  if (entry.contents !== undefined || path.relative(cache, folder).startsWith('..')) return undefined
  return {
    status: 'note',
    detail: 'there is no record of what was unpacked to check it by',
    fix: fetchAnew(entry),
  }
}

/**
 * @param {LibTorchInfo | undefined} libtorch
 * @param {number | undefined} seen the GPUs that LibTorch sees, where it loads
 * @returns {Check}
 */
function checkGpu(libtorch, seen) {
  const name = 'GPU'
  if (!hasNvidiaDriver()) {
    return { name, status: 'ok', detail: 'no NVIDIA driver: the CPU trains and samples' }
  }
  const detail = gpus()
  if (libtorch?.cuda && seen === 0) {
    const fix = 'Update the NVIDIA driver; in a container, start it with the GPUs (docker run --gpus all).'
    return { name, status: 'note', detail: `${detail}; but LibTorch sees no GPU`, fix }
  }
  if (libtorch === undefined || libtorch.cuda) return { name, status: 'ok', detail }
  return {
    name,
    status: 'note',
    detail: `${detail}; but this LibTorch is for the CPU`,
    fix: `${SETUP} --cuda`,
  }
}

function gpus() {
  const program = which(['nvidia-smi'])
  try {
    const answer =
      program && ask(program, ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'])
    if (answer) return answer.split('\n').join('; ')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return error.message
  }
  const driver = '/proc/driver/nvidia/version'
  const words = fs.existsSync(driver) ? fs.readFileSync(driver, 'utf8').split('\n')[0] : undefined
  return words ?? 'an NVIDIA driver, but nvidia-smi does not answer'
}

module.exports = { checkGpu, checkLibTorch }
