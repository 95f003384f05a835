'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { cutShort } = require('../files/elf.js')
const { codeOf } = require('../problem.js')

// Loading LibTorch takes half a second; from a cold disk, on a busy machine, a minute.
const LIMIT_MS = 120_000

const SCRIPT = `
const [file, libraries] = process.argv.slice(1)
const addon = require(file)
if (libraries) addon.load(libraries)
process.stdout.write(JSON.stringify({ version: addon.compiledVersion, info: libraries ? addon.info() : undefined }))
`

/**
 * Loads an addon, and LibTorch with it if its folder is given, in a process of its own, where a crash does no harm.
 *
 * @param {string} file
 * @param {string} [libraries] LibTorch's `lib/`
 * @returns {{ version?: string, info?: import('../../lib/native/types.js').NativeInfo, failure?: string }} the LibTorch
 *   that it was compiled for and what that LibTorch can do, or the loader's words
 */
function tryAddon(file, libraries = '') {
  const options = /** @type {const} */ ({ encoding: 'utf8', timeout: LIMIT_MS, env: process.env })
  const ended = spawnSync(process.execPath, ['-e', SCRIPT, file, libraries], options)
  const { status, signal, stdout, stderr, error } = ended
  if (status === 0) return JSON.parse(stdout)
  const child = 'the process that loaded it'
  if (codeOf(error) === 'ETIMEDOUT')
    return { failure: `${child} did not answer within ${LIMIT_MS / 1000} seconds` }
  if (signal === null) {
    const words = /^(?:Error: |.*message: ['"`])(.*?)['"`]?,?$/m.exec(stderr)?.[1]
    return { failure: words ?? stderr.trim() }
  }
  const training = path.join(path.dirname(file), 'libdcgan_training.so')
  const others = libraries === '' ? [] : fs.readdirSync(libraries).map(name => path.join(libraries, name))
  const damaged = [file, training, ...others].find(cutShort)
  return { failure: damaged ? `${damaged} is cut short` : `${child} was ended by ${signal}` }
}

module.exports = { tryAddon }
