'use strict'
// The measured figures, in quality/results/<run>.json.
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const FOLDER = join(__dirname, 'results')

/** @param {string} name of a run */
function resultFile(name) {
  return join(FOLDER, `${name}.json`)
}

/** The names of what was measured, the floor first. */
function listResults() {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter(name => name.endsWith('.json')) : []
  return names.map(name => name.slice(0, -5)).sort((a, b) => Number(b === 'floor') - Number(a === 'floor'))
}

function readResult(name) {
  return existsSync(resultFile(name)) ? JSON.parse(readFileSync(resultFile(name), 'utf8')) : undefined
}

/** One line a row, so that a new epoch is a new line in a diff. */
function writeResult(name, head, key, rows) {
  mkdirSync(FOLDER, { recursive: true })
  const start = JSON.stringify(head, null, 2).replace(/\n}$/, '')
  const lines = rows.map(row => `    ${JSON.stringify(row)}`).join(',\n')
  writeFileSync(resultFile(name), `${start},\n  "${key}": [\n${lines}\n  ]\n}\n`)
  return { ...head, [key]: rows }
}

module.exports = { listResults, readResult, resultFile, writeResult }
