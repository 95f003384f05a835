'use strict'

const os = require('node:os')
const { libc, requireGlibc, requirePlatform } = require('../libtorch/platform.js')
const { Problem } = require('../problem.js')
const { ask, cmakeVersion, findCMake, findCompiler, requireBuildTools, requireNode } = require('../tools.js')

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
 * The compiler and CMake: needed only to build.
 *
 * @param {boolean} working whether the addon works already
 * @returns {Check[]}
 */
function checkBuildTools(working) {
  const cmake = findCMake()
  const compiler = findCompiler()
  /** @type {Check[]} */
  const checks = [
    {
      name: 'CMake',
      status: 'ok',
      detail:
        cmake === undefined
          ? 'not found'
          : `${cmakeVersion(cmake)?.join('.') ?? 'unknown version'}, ${cmake}`,
    },
    {
      name: 'compiler',
      status: 'ok',
      detail:
        compiler === undefined
          ? 'not found'
          : `${ask(compiler, ['--version'])?.split('\n')[0] ?? 'unknown version'}, ${compiler}`,
    },
  ]
  const missing = check('build', () => {
    requireBuildTools()
    return ''
  })
  if (missing.status === 'ok') return checks
  const culprit = checks.find(
    ({ name }) => name === (missing.detail.startsWith('CMake') ? 'CMake' : 'compiler'),
  )
  if (culprit !== undefined) {
    Object.assign(culprit, missing, { name: culprit.name, status: working ? 'note' : 'failed' })
    if (working) culprit.detail = `${missing.detail} (The addon works, so nothing has to be built.)`
  }
  return checks
}

module.exports = { check, checkBuildTools, checkNode, checkPlatform }
