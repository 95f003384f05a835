'use strict'

const { spawn } = require('node:child_process')

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, show?: boolean }} [options]
 *   `show`: its output goes to our error stream, where progress belongs, instead of being kept
 * @returns {Promise<{ status: number, output: string }>} status 127 where it could not be started
 */
function run(program, args, { cwd, env = process.env, onLine, show = false } = {}) {
  return new Promise(resolve => {
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env,
      // A group of its own, so that what it starts (cmake, ninja, the compiler) can be ended with it.
      detached: true,
      stdio: show ? ['ignore', process.stderr, process.stderr] : ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    let output = ''
    let rest = ''
    /** @param {string} text */
    const take = text => {
      output += text
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine?.(line)
    }
    child.stdout?.setEncoding('utf8').on('data', take)
    child.stderr?.setEncoding('utf8').on('data', take)
    child.once('error', error => {
      running.delete(child)
      resolve({ status: 127, output: error.message })
    })
    child.once('close', (status, signal) => {
      running.delete(child)
      resolve({ status: status ?? 1, output: signal === null ? output : `${output}\nended by ${signal}` })
    })
  })
}

/** Ends what still runs: called when the set-up itself is told to end. */
function stopAll() {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGTERM')
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

module.exports = { run, stopAll }
