'use strict'

const os = require('node:os')
const { libc, requireGlibc, requirePlatform } = require('../libtorch/platform.js')
const { Problem } = require('../problem.js')
const { requireCMake, requireCompiler, requireMake, requireNode } = require('../tools.js')

/** @typedef {import('../doctor.js').Check} Check */

/**
 * A check that fails with the Problem that `work` throws.
 *
 * @param {string} name
 * @param {() => string} work gives the detail
 * @returns {Check}
 */
function check(name, work) {
  try {
    return { name, status: 'ok', detail: work() }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return {
      name,
      status: 'failed',
      detail: error.message,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    }
  }
}

/** @param {string} root */
function checkNode(root) {
  return check('Node.js', () => {
    requireNode(root)
    return process.versions.node
  })
}

function checkPlatform() {
  return check('platform', () => {
    requirePlatform()
    requireGlibc()
    const memory = `${Math.round(os.totalmem() / 1e9)} GB of memory`
    const model = os.cpus()[0]?.model.trim() ?? 'unknown processor'
    return `${process.platform}-${process.arch}, ${libc()}, ${model}, ${os.availableParallelism()} cores, ${memory}`
  })
}

/**
 * What C++ is built with.
 *
 * @param {boolean} needed whether something has to be built
 * @returns {Check[]}
 */
function checkBuildTools(needed) {
  const checks = [
    check('CMake', requireCMake),
    check('compiler', requireCompiler),
    check('make', requireMake),
  ]
  if (needed) return checks
  return checks.map(found =>
    found.status === 'ok'
      ? found
      : { ...found, status: 'note', detail: `${found.detail} (Nothing has to be built.)` },
  )
}

module.exports = { check, checkBuildTools, checkNode, checkPlatform }
