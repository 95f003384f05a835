'use strict'

const { spawnSync } = require('node:child_process')

const SCRIPT = `
const [file, libraries] = process.argv.slice(1)
const addon = require(file)
if (libraries) addon.load(libraries)
process.stdout.write(JSON.stringify({ version: addon.compiledVersion, info: libraries ? addon.info() : undefined }))
`

/**
 * Loads an addon in a process of its own, where a crash does no harm, and LibTorch with it if its folder is given.
 *
 * @param {string} file
 * @param {string} [libraries] LibTorch's `lib/`
 * @returns {{ version?: string, info?: import('../../lib/native.js').NativeInfo, failure?: string }} the LibTorch
 *   that it was compiled for and what that LibTorch can do, or the loader's words
 */
function tryAddon(file, libraries = '') {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', SCRIPT, file, libraries], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (status === 0) return JSON.parse(stdout)
  if (signal !== null) return { failure: `the process that loaded it was ended by ${signal}` }
  const words = /^(?:Error: |.*message: ['"`])(.*?)['"`]?,?$/m.exec(stderr)?.[1]
  return { failure: words ?? stderr.trim() }
}

module.exports = { tryAddon }
