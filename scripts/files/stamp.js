'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { readJson, writeAtomically } = require('./disk.js')

/**
 * Reads the stamp of a step: a file that records what the step was made from and what it made. It is written last, so a
 * step that was interrupted has none.
 *
 * @param {string} root
 * @param {string} file
 * @param {string[]} names what the step is made from, relative to the root
 * @param {Record<string, unknown>} facts what it depends on besides files
 */
function readStamp(root, file, names, facts) {
  const inputs = Object.fromEntries(
    names.map(name => [name, crypto.hash('sha1', fs.readFileSync(path.join(root, name)))]),
  )
  const { outputs, ...from } = readJson(file) ?? {}
  const whole = outputs !== undefined && same(outputsOf(root, Object.keys(outputs)), outputs)
  return {
    /** True if what the step made is as it was. */
    whole,
    /** True if it was also made from these files and facts. */
    current: whole && same({ inputs, facts }, from),
    remove: () => fs.rmSync(file, { force: true }),
    /** Records that the step made these files, relative to the root. @param {string[]} made */
    write: made => writeAtomically(file, { inputs, facts, outputs: outputsOf(root, made) }),
  }
}

/** Times and sizes of what a step made. @param {string} root @param {string[]} names */
function outputsOf(root, names) {
  return Object.fromEntries(
    names.map(name => {
      const { mtimeMs = 0, size = 0 } = fs.statSync(path.join(root, name), { throwIfNoEntry: false }) ?? {}
      return [name, { mtimeMs, size }]
    }),
  )
}

/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

module.exports = { readStamp }
