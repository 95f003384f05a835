'use strict'

const { spawn } = require('node:child_process')
const readline = require('node:readline')
const { attempt } = require('./problem.js')

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/**
 * Open lock files. The programs hold them too: if set-up is killed, what it started continues, and the next set-up waits
 * for its end.
 *
 * @type {Set<number>}
 */
const locks = new Set()

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, show?: boolean, input?: number | 'ignore' }} [options]
 *   `show`: writes its output to our standard error instead of keeping it; `input`: the open file that it reads
 * @returns {Promise<{ status: number, output: string }>} status 127 if it could not be started
 */
function run(program, args, { cwd = '.', env = process.env, onLine, show = false, input = 'ignore' } = {}) {
  return new Promise(resolve => {
    // In a process group of its own, so that what it starts (CMake, Ninja, the compiler) can be ended with it.
    const target = show ? process.stderr : 'pipe'
    // A program with an input is flock, which may wait for long.
    const held = input === 'ignore' ? locks : []
    const child = spawn(program, args, { cwd, env, detached: true, stdio: [input, target, target, ...held] })
    running.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        output += text
      })
      if (stream && onLine) readline.createInterface({ input: stream }).on('line', onLine)
    }
    /** @param {number} status @param {string} output */
    const end = (status, output) => {
      running.delete(child)
      resolve({ status, output })
    }
    child.once('error', error => end(127, error.message))
    child.once('close', (status, signal) =>
      end(status ?? 1, signal ? `${output}\nended by ${signal}` : output),
    )
  })
}

/** Ends what still runs: called when set-up itself is told to end. */
function stopAll() {
  // One may have just ended by itself.
  for (const { pid } of running) attempt(() => pid !== undefined && process.kill(-pid, 'SIGTERM'))
}

module.exports = { locks, run, stopAll }
