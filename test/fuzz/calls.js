#!/usr/bin/env node
'use strict'

// npm run check -- fuzz: sequences of calls of the public interface, ordinary, wrong and hostile, on several models at once.

const { fork } = require('node:child_process')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { runProgram } = require('../tools/program.js')

const HELP = `Usage: npm run check -- fuzz [options]

  --runs n       sequences of calls (1000)
  --seed n       of the first sequence, each of the others has the next one (random)
  --calls n      calls in a sequence at most (12)
  --hang s       seconds after which a sequence counts as hung (60)
  --memory mb    megabytes by which a process may grow after its first hundred sequences (400)
  --batch n      sequences that one process makes (500)

Calls the built library with arguments that are right, wrong or hostile, in workers too, while signals abort, memory is
collected, and buffers are resized, transferred and detached. Ends with 1 where a process crashes or hangs, a rejection
stays unhandled, an error has no code, or memory grows. A sequence is made again with --runs 1 and its seed.`

const OPTIONS = /** @type {const} */ ({
  runs: { type: 'string', default: '1000' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  calls: { type: 'string', default: '12' },
  hang: { type: 'string', default: '60' },
  memory: { type: 'string', default: '400' },
  batch: { type: 'string', default: '500' },
})

/** @typedef {{ seed: number, what: string }} Finding */
/** @typedef {{ kind: 'begin', seed: number } | { kind: 'end', calls: Record<string, number> } | { kind: 'failed', what: string }
 *   | { kind: 'memory', mb: number }} Message */

class Fuzz {
  /** @type {Finding[]} */
  findings = []
  made = 0
  growth = 0
  /** Outcomes of calls, by their name and how they ended. @type {Map<string, number>} */
  outcomes = new Map()

  /** @param {{ calls: number, hang: number, memory: number }} limits */
  constructor(limits) {
    this.limits = limits
  }

  /**
   * Makes the sequences of these seeds in a process, as far as it comes; returns the first seed that is left.
   *
   * @param {number} first @param {number} end
   * @returns {Promise<number>}
   */
  process(first, end) {
    const child = fork(
      path.join(__dirname, 'calls', 'child.js'),
      [`${first}`, `${end}`, `${this.limits.calls}`],
      {
        execArgv: ['--expose-gc'],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    )
    let seed = first
    let stderr = ''
    let hung = false
    child.stderr?.on('data', text => {
      stderr = (stderr + text).slice(-4000)
    })
    const kill = () => {
      hung = true
      child.kill('SIGKILL')
    }
    let timer = setTimeout(kill, this.limits.hang * 1000)
    child.on('message', message => {
      clearTimeout(timer)
      timer = setTimeout(kill, this.limits.hang * 1000)
      seed = this.hear(/** @type {Message} */ (message), seed)
    })
    return new Promise(resolve => {
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        if (hung) this.find(seed, `hangs for ${this.limits.hang} s`)
        else if (code !== 0) this.find(seed, `the process ends with ${signal ?? code}\n${stderr}`)
        resolve(hung || code !== 0 ? seed + 1 : end)
      })
    })
  }

  /** @param {Message} message @param {number} seed @returns {number} the seed that is under way */
  hear(message, seed) {
    if (message.kind === 'begin') return message.seed
    if (message.kind === 'failed') this.find(seed, message.what)
    if (message.kind === 'memory') {
      this.growth = Math.max(this.growth, message.mb)
      if (message.mb > this.limits.memory) this.find(seed, `memory grew by ${message.mb} MB`)
    }
    if (message.kind === 'end') {
      this.made++
      for (const [outcome, times] of Object.entries(message.calls)) {
        this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + times)
      }
      if (this.made % 500 === 0)
        process.stderr.write(`${this.made} sequences, ${this.findings.length} findings\n`)
    }
    return seed
  }

  /** @param {number} seed @param {string} what */
  find(seed, what) {
    this.findings.push({ seed, what })
    process.stderr.write(`seed ${seed}: ${what}\n`)
  }
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({ args, options: OPTIONS })
  const runs = Number(values.runs)
  const seed = Number(values.seed)
  const batch = Number(values.batch)
  const [calls, hang, memory] = [Number(values.calls), Number(values.hang), Number(values.memory)]
  const fuzz = new Fuzz({ calls, hang, memory })
  const begin = performance.now()
  for (let next = seed; next < seed + runs; ) {
    next = await fuzz.process(next, Math.min(next + batch, seed + runs))
  }
  const seconds = Math.round((performance.now() - begin) / 1000)
  const total = [...fuzz.outcomes.values()].reduce((sum, times) => sum + times, 0)
  for (const [outcome, times] of [...fuzz.outcomes].sort())
    process.stdout.write(`${String(times).padStart(8)}  ${outcome}\n`)
  process.stdout.write(
    `${fuzz.made} sequences from seed ${seed} and ${total} calls in ${seconds} s on ${os.cpus().length} processors; ` +
      `memory grew by ${fuzz.growth} MB at most; ${fuzz.findings.length} findings\n`,
  )
  for (const { seed, what } of fuzz.findings) process.stdout.write(`  seed ${seed}: ${what.split('\n')[0]}\n`)
  return fuzz.findings.length === 0
}

runProgram(HELP, main)
