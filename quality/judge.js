'use strict'
// Starts evaluate.py once, and sends it one file after another.
const { spawn } = require('node:child_process')
const { join } = require('node:path')
const { createInterface } = require('node:readline')

class Judge {
  #child
  #lines
  #ended

  /**
   * @param {string} python with torch and numpy
   * @param {string[]} args of evaluate.py. Default: the files that `judge()` names
   */
  constructor(python, args = ['-']) {
    this.#child = spawn(python, [join(__dirname, 'evaluate.py'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', resolve)
    })
    this.#ended.catch(() => {})
    this.#child.stdin.on('error', () => {}) // it has ended: next() says so
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** The figures of a file of grey levels. */
  judge(file) {
    this.#child.stdin.write(`${file}\n`)
    return this.next()
  }

  /** The next line of figures, or undefined after the last. */
  async next() {
    const { value, done } = await this.#lines.next()
    if (!done) return JSON.parse(value)
    if ((await this.#ended) !== 0) throw new Error('evaluate.py failed: what it said is above')
    return undefined
  }

  end() {
    this.#child.stdin.end()
    return this.#ended
  }
}

module.exports = { Judge }
