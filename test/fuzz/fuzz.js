#!/usr/bin/env node
'use strict'

// npm run check -- fuzz, and fuzz-files: tries the library at random, in processes of their own.

const { fork } = require('node:child_process')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { failure } = require('../../dist/internal/failure.js')
const { runProgram } = require('../tools/program.js')

/** The message of a child process (child.ts).
 * @typedef {{ run: number, finding?: string } | { outcomes: Record<string, number>, slowest: number, grown: number }} Message */
/** `batch`: runs that one process makes. @typedef {{ runs: number, hang: number, batch: number }} Defaults */

/** @type {Defaults} */
const FILE = { runs: 10_000, hang: 10, batch: 10_000 }
/** @type {Record<string, Defaults>} */
const KINDS = {
  calls: { runs: 1000, hang: 60, batch: 500 },
  ...Object.fromEntries(['state', 'portable', 'idx', 'idx.gz', 'png', 'zip'].map(name => [name, FILE])),
}
/** Further findings of one kind say nothing new. */
const MAX_FINDINGS = 10

const HELP = `Usage: npm run check -- fuzz | fuzz-files [options]

fuzz makes sequences of calls of the built library, with arguments that are right, wrong or hostile, in workers too,
while signals abort, memory is collected, and buffers are resized, transferred and detached. fuzz-files corrupts state
files (for DCGAN and for the portable generator), IDX files (plain and gzipped), PNG files and ZIP files, and has them
read. Each must succeed, or fail with a code that is documented. A finding is a crash, a hang, another error, an
unhandled rejection, memory that grows, a file that takes 256 MiB, or a hostile header that takes a second. The exit
code is 1 where there is one.

  --runs <n>    sequences (default: 1000), or files of each kind (default: 10000)
  --seed <n>    other sequences or files (default: random)
  --first <n>   number of the first one, to repeat a finding with --runs 1 (default: 0)
  --hang <s>    seconds that a sequence (default: 60) or a file (default: 10) may take
  --memory <n>  mebibytes by which a process may grow after its first hundred runs (default: 400)
  --kind <name> ${Object.keys(KINDS).join(', ')} (default: all of the command's)`

/** The outcome of the runs of a kind. */
class Result {
  /** @type {Record<string, number>} */
  outcomes = {}
  /** @type {{ run: number, what: string }[]} */
  findings = []
  /** Milliseconds. */
  slowest = 0
  /** Mebibytes. */
  grown = 0

  /** @param {number} run @param {string} what */
  find(run, what) {
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ run, what })
  }
}

/**
 * Makes runs in a process until it ends.
 *
 * @param {string} kind @param {{ seed: number, first: number, end: number, hang: number, memory: number }} runs
 * @param {Result} result
 * @returns {Promise<number>} the number of the first run that was not made
 */
function inProcess(kind, { seed, first, end, hang, memory }, result) {
  const child = fork(path.join(__dirname, 'child.ts'), [kind, ...[seed, first, end].map(String)], {
    execArgv: ['--expose-gc', '--max-old-space-size=256', '--require', require.resolve('./typescript.js')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let run = first
  let done = false
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr = (stderr + text).slice(-4000)
  })
  const kill = () => child.kill('SIGKILL')
  /** @type {NodeJS.Timeout | undefined} */
  let watch
  child.on('message', given => {
    const message = /** @type {Message} */ (given)
    clearTimeout(watch)
    watch = setTimeout(() => {
      stderr = `it hangs for ${hang} s`
      kill()
    }, hang * 1000)
    if ('run' in message) {
      run = message.run
      if (message.finding !== undefined) result.find(run, message.finding)
      if (result.findings.length >= MAX_FINDINGS) kill()
      return
    }
    done = true
    for (const [name, times] of Object.entries(message.outcomes))
      result.outcomes[name] = (result.outcomes[name] ?? 0) + times
    result.slowest = Math.max(result.slowest, message.slowest)
    result.grown = Math.max(result.grown, message.grown)
    if (message.grown > memory) result.find(run, `memory grew by ${message.grown} MiB`)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(watch)
      if (!done || code !== 0) result.find(run, `the process ends with ${signal ?? code}\n${stderr}`)
      resolve(done ? end : run + 1)
    })
  })
}

/** @param {string} name @param {string | undefined} given @param {number} otherwise */
function number(name, given, otherwise) {
  const value = given === undefined ? otherwise : Number(given)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw failure('ERR_DCGAN_INVALID_ARGUMENT', `Expected an integer for --${name} but received ${given}.`)
}

/** @param {string[]} args */
async function main(args) {
  /** @type {Record<string, { type: 'string' }>} */
  const options = {}
  for (const name of ['runs', 'seed', 'first', 'hang', 'memory', 'kind']) options[name] = { type: 'string' }
  const { values } = parseArgs({ args, options })
  const { kind: wanted = 'calls' } = values
  const names = wanted === 'files' ? Object.keys(KINDS).filter(name => name !== 'calls') : [String(wanted)]
  const option = (/** @type {string} */ name, /** @type {number} */ otherwise) =>
    number(name, /** @type {string | undefined} */ (values[name]), otherwise)
  const seed = option('seed', Math.floor(Math.random() * 1e9))
  const first = option('first', 0)
  let well = true
  for (const kind of names) {
    const defaults = KINDS[kind]
    if (defaults === undefined) throw failure('ERR_DCGAN_INVALID_ARGUMENT', `There is no kind ${kind}.`)
    const last = first + option('runs', defaults.runs)
    const limits = { seed, hang: option('hang', defaults.hang), memory: option('memory', 400) }
    const result = new Result()
    const start = performance.now()
    for (let next = first; next < last && result.findings.length < MAX_FINDINGS; ) {
      const end = Math.min(next + defaults.batch, last)
      next = await inProcess(kind, { ...limits, first: next, end }, result)
    }
    const seconds = Math.round((performance.now() - start) / 1000)
    const figures = `slowest ${result.slowest.toFixed(0)} ms, memory grew by ${result.grown} MiB`
    const found = `${result.findings.length} findings`
    console.log(`${kind}: ${last - first} runs of seed ${seed} in ${seconds} s, ${figures}, ${found}`)
    for (const [name, times] of Object.entries(result.outcomes).sort())
      console.log(`${String(times).padStart(8)}  ${name}`)
    for (const { run, what } of result.findings)
      console.error(`${kind}, --kind ${kind} --seed ${seed} --first ${run} --runs 1: ${what}`)
    well &&= result.findings.length === 0
  }
  return well
}

runProgram(HELP, main)
