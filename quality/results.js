'use strict'
// The measured figures, in quality/results/<run>.jsonl: a line of what they are of, then a line an epoch or draw.
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const FOLDER = join(__dirname, 'results')
const ENDING = '.jsonl'

/** @param {string} name of a run */
function resultFile(name) {
  return join(FOLDER, `${name}${ENDING}`)
}

/** The names of what was measured, the floor first. */
function listResults() {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter(name => name.endsWith(ENDING)) : []
  return names
    .map(name => name.slice(0, -ENDING.length))
    .sort((a, b) => Number(b === 'floor') - Number(a === 'floor'))
}

/** @returns {{ head: object, rows: object[] } | undefined} */
function readResult(name) {
  if (!existsSync(resultFile(name))) return undefined
  const lines = readFileSync(resultFile(name), 'utf8').trim().split('\n')
  const [head, ...rows] = lines.map(line => JSON.parse(line))
  return { head, rows }
}

function writeResult(name, result) {
  mkdirSync(FOLDER, { recursive: true })
  const lines = [result.head, ...result.rows].map(line => `${JSON.stringify(line)}\n`)
  writeFileSync(resultFile(name), lines.join(''))
  return result
}

module.exports = { listResults, readResult, resultFile, writeResult }
