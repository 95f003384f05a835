import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = path => fileURLToPath(new URL(path, import.meta.url))

/** A program that is measured in a process of its own. */
export class Contender {
  /** What it said when it was warm: its version, its threads. */
  about
  /** One entry a round. */
  figures = []
  #process
  #lines

  /**
   * @param {string} name
   * @param {string} command
   * @param {string[]} args the program's file, relative to bench/, and its arguments
   * @param {number} threads
   */
  constructor(name, command, [file, ...args], threads) {
    this.name = name
    const env = { ...process.env, OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` }
    this.#process = spawn(command, [here(file), ...args.map(String)], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#process.on('error', () => {})
    this.#process.stdin.on('error', () => {})
    this.complaint = ''
    this.#process.stderr.on('data', text => {
      this.complaint += text
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  async ready() {
    this.about = await this.#next()
    return this
  }

  async round() {
    this.#process.stdin.write('\n')
    this.figures.push(await this.#next())
  }

  async close() {
    if (this.#process.exitCode !== null || this.#process.pid === undefined) return
    const closed = new Promise(resolve => this.#process.once('close', resolve))
    this.#process.stdin.end()
    await closed
  }

  async #next() {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done)
        throw new Error(`${this.name} ended: ${this.complaint.trim().split('\n').at(-1) || 'no word why'}`)
      // Some libraries greet on stdout.
      if (value.startsWith('{')) return JSON.parse(value)
    }
  }
}

/**
 * Starts every contender, lets them take turns, and ends them. One that cannot run is told and left out.
 *
 * @param {(() => Contender)[]} starts
 * @param {number} rounds
 * @returns {Promise<Map<string, Contender>>} those that ran, by name
 */
export async function compete(starts, rounds) {
  const running = []
  for (const start of starts) {
    const contender = start()
    try {
      running.push(await contender.ready())
    } catch (error) {
      console.error(`  left out: ${error.message}`)
    }
  }
  try {
    for (let round = 0; round < rounds; round++) {
      // Everybody follows everybody else equally often.
      for (let i = 0; i < running.length; i++) await running[(i + round) % running.length].round()
      if (process.stderr.isTTY) process.stderr.write(`  round ${round + 1} of ${rounds}\r`)
    }
  } finally {
    await Promise.all(running.map(contender => contender.close()))
    if (process.stderr.isTTY) process.stderr.write('\x1b[K')
  }
  return new Map(running.map(contender => [contender.name, contender]))
}
