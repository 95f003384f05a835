'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { readJson } = require('./disk.js')

/**
 * A stamp records what a step was made from and what it made. It is written last, so a step that was interrupted has
 * none.
 *
 * @typedef {object} Stamp
 * @property {Record<string, string>} inputs SHA-1 by names relative to the root, as those of the outputs
 * @property {Record<string, { mtimeMs: number, size: number }>} outputs
 * @property {Record<string, unknown>} facts what the step depends on besides files
 */

/** The stamp in a file, if there is one and what its step made is as it was. @param {string} root @param {string} file */
function readStamp(root, file) {
  const stamp = /** @type {Stamp | undefined} */ (readJson(file))
  if (stamp?.outputs === undefined) return undefined
  const outputs = outputsOf(root, Object.keys(stamp.outputs))
  return JSON.stringify(outputs) === JSON.stringify(stamp.outputs) ? stamp : undefined
}

/** @param {string} root @param {string[]} names @returns {Stamp['inputs']} */
function inputsOf(root, names) {
  return Object.fromEntries(
    names.map(name => [name, crypto.hash('sha1', fs.readFileSync(path.join(root, name)))]),
  )
}

/** Times and sizes of what a step made. @param {string} root @param {string[]} names @returns {Stamp['outputs']} */
function outputsOf(root, names) {
  return Object.fromEntries(
    names.map(name => {
      const { mtimeMs = 0, size = 0 } = fs.statSync(path.join(root, name), { throwIfNoEntry: false }) ?? {}
      return [name, { mtimeMs, size }]
    }),
  )
}

/** Returns true if a step was made from these files and facts. @param {Stamp | undefined} stamp @param {Stamp['inputs']} inputs @param {Stamp['facts']} facts */
function isCurrent(stamp, inputs, facts) {
  return JSON.stringify([stamp?.inputs, stamp?.facts]) === JSON.stringify([inputs, facts])
}

module.exports = { inputsOf, isCurrent, outputsOf, readStamp }
