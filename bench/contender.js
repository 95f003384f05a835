import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = path => fileURLToPath(new URL(path, import.meta.url))

/** A program that is measured in a process of its own. */
export class Contender {
  /** The program's message when it was warm: its version, its threads. */
  about
  /** One entry a round. */
  figures = []
  #process
  #answered = []
  #waiting
  #closed
  #complaint = ''

  /**
   * @param {string} name
   * @param {string} command
   * @param {(string | number)[]} args the program's file, relative to bench/, and its arguments
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(name, command, [file, ...args], env) {
    this.name = name
    this.#process = spawn(command, [here(file), ...args.map(String)], { env, stdio: 'pipe' })
    this.#process.stdin.on('error', () => {})
    this.#process.stderr.on('data', text => {
      this.#complaint += text
    })
    // Some libraries greet on stdout: only JSON is meant for us. Python writes NaN, which is no JSON.
    createInterface({ input: this.#process.stdout }).on('line', line => {
      if (line.startsWith('{')) this.#answer(JSON.parse(line.replaceAll(/\bNaN\b/g, 'null')))
    })
    this.#closed = new Promise(resolve => {
      this.#process.on('error', error => {
        this.#complaint += error.message
        resolve()
      })
      this.#process.on('close', resolve)
    }).then(() => this.#answer(undefined))
  }

  async ready() {
    this.about = await this.#next()
    return this
  }

  async round() {
    this.#process.stdin.write('\n')
    this.figures.push(await this.#next())
  }

  close() {
    this.#process.stdin.end()
    return this.#closed
  }

  #answer(answer) {
    this.#answered.push(answer)
    this.#waiting?.()
  }

  async #next() {
    while (this.#answered.length === 0) {
      await new Promise(resolve => {
        this.#waiting = resolve
      })
    }
    const answer = this.#answered.shift()
    if (answer !== undefined) return answer
    const lines = this.#complaint.trim().split('\n')
    const last =
      lines.findLast(line => /Error\b/.test(line)) ||
      lines.at(-1) ||
      `code ${this.#process.exitCode ?? this.#process.signalCode}`
    throw new Error(`${this.name} ended: ${last}`)
  }
}

/**
 * Starts every contender, lets them take turns, and ends them. One that cannot run is reported and left out.
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

/** The seconds of each round, by contender. @param {Map<string, Contender>} ran @returns {Map<string, number[]>} */
export function secondsOf(ran) {
  return new Map([...ran].map(([name, { figures }]) => [name, figures.map(({ seconds }) => seconds)]))
}
