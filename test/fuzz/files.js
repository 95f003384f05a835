#!/usr/bin/env node
'use strict'

// npm run check -- fuzz-files: corrupts files at random and has the library read them. test/fuzz/ has the kinds.

const { fork } = require('node:child_process')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { failure } = require('../../dist/setup/failure.js')
const { runProgram } = require('../tools/program.js')

const CHILD = path.join(__dirname, 'child.ts')
const KINDS = ['state', 'portable', 'idx', 'idx.gz', 'png', 'zip']
/** So many findings of one kind are enough to work on. */
const MAX_FINDINGS = 10

const HELP = `Usage: npm run check -- fuzz-files [options]

Corrupts state files (for DCGAN and for the portable generator), IDX files (plain and gzipped), PNG files and ZIP files at
random and has them read. Each must be read, or refused with the code that is documented. A finding is a crash, a hang,
another error, an unhandled rejection, a file that takes 256 MiB of memory, or a hostile header that takes a second.
The exit code is 1 where there is one.

  --runs <n>    files of each kind (default: 10000)
  --seed <n>    other files (default: 1)
  --first <n>   number of the first file, to repeat a finding with --runs 1 (default: 0)
  --hang <s>    seconds that a file may take (default: 10); more where other work has the processors
  --kind <name> ${KINDS.join(', ')} (default: all of them)`

/**
 * @typedef {object} Files
 * @property {string} kind
 * @property {number} seed
 * @property {number} first
 * @property {number} end
 * @property {number} hang seconds
 */

/**
 * @typedef {object} Outcome
 * @property {number} accepted
 * @property {number} refused
 * @property {number} slowest milliseconds
 * @property {number} peak bytes
 * @property {number} seconds
 * @property {{ run: number, what: string }[]} findings
 */

/**
 * Reads files in a process of its own until it ends, and adds what came of them.
 *
 * @param {Files} files @param {number} first @param {Outcome} outcome
 * @returns {Promise<number>} the number of the first file that is still to be read
 */
function readFiles({ kind, seed, end, hang }, first, outcome) {
  const child = fork(CHILD, [kind, seed, first, end].map(String), {
    execArgv: ['--max-old-space-size=256', '--require', require.resolve('./typescript.js')],
  })
  let run = first
  let done = false
  let hangs = false
  /** @type {NodeJS.Timeout | undefined} */
  let watch
  child.on('message', (/** @type {any} */ message) => {
    clearTimeout(watch)
    watch = setTimeout(() => {
      hangs = true
      child.kill('SIGKILL')
    }, hang * 1000)
    run = message.run ?? run
    if (message.finding !== undefined) outcome.findings.push({ run, what: message.finding })
    if (outcome.findings.length >= MAX_FINDINGS) child.kill('SIGKILL')
    if (message.accepted === undefined) return
    done = true
    outcome.accepted += message.accepted
    outcome.refused += message.refused
    outcome.slowest = Math.max(outcome.slowest, message.slowest)
    outcome.peak = Math.max(outcome.peak, message.peak)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(watch)
      if (done) return resolve(end)
      const what = hangs ? `hangs for ${hang} s` : `the process ends with ${signal ?? code}`
      if (outcome.findings.length < MAX_FINDINGS) outcome.findings.push({ run, what })
      resolve(run + 1)
    })
  })
}

/** @param {Files} files */
async function fuzz(files) {
  const begin = performance.now()
  /** @type {Outcome} */
  const outcome = { accepted: 0, refused: 0, slowest: 0, peak: 0, seconds: 0, findings: [] }
  let next = files.first
  while (next < files.end && outcome.findings.length < MAX_FINDINGS) {
    next = await readFiles(files, next, outcome)
  }
  outcome.seconds = (performance.now() - begin) / 1000
  return outcome
}

/** @param {unknown[]} cells */
function row(...cells) {
  console.log(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(8) : String(cell).padStart(11))).join(''))
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      first: { type: 'string', default: '0' },
      hang: { type: 'string', default: '10' },
      kind: { type: 'string' },
    },
  })
  const runs = Number(values.runs)
  const seed = Number(values.seed)
  const first = Number(values.first)
  const hang = Number(values.hang)
  if (![runs, seed, first, hang].every(Number.isSafeInteger) || !KINDS.includes(values.kind ?? 'state'))
    throw failure('ERR_DCGAN_INVALID_ARGUMENT', 'A number or a kind is wrong.')
  let well = true
  row('kind', 'accepted', 'refused', 'findings', 'slowest ms', 'peak MiB', 'seconds')
  for (const kind of values.kind === undefined ? KINDS : [values.kind]) {
    const { accepted, refused, findings, slowest, peak, seconds } = await fuzz({
      kind,
      seed,
      first,
      end: first + runs,
      hang,
    })
    const figures = [slowest, peak / 2 ** 20, seconds].map(figure => figure.toFixed(0))
    row(kind, accepted, refused, findings.length, ...figures)
    for (const { run, what } of findings) {
      console.error(`${kind}: file ${run} (--kind ${kind} --seed ${seed} --first ${run} --runs 1): ${what}`)
      well = false
    }
  }
  return well
}

runProgram(HELP, main)
