'use strict'

// The state that the calls of one sequence share, and the judge of how they end.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { DCGAN, DcganError } = require('../../../dist/index.js')
const { LATENT_DIM, Own } = require('./values.js')

/** @type {Partial<import('../../../dist/index.js').HyperParams>} */
const HPARAMS = { latentDim: LATENT_DIM, batchSize: 2, outputDim: 1, epochs: 2, device: 'cpu', threads: 1 }

class Stage {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dcgan-fuzz-'))
  /** @type {any[]} */
  models = []
  /** @type {AbortController[]} */
  controllers = []
  /** Calls that have not ended yet. @type {Set<Promise<void>>} */
  pending = new Set()
  /** @type {Record<string, number>} */
  calls = {}
  /** Calls that ended as none may. @type {string[]} */
  faults = []

  /** A model of those there are, made when there is none. @param {number} i */
  model(i) {
    if (this.models.length === 0) this.models.push(new DCGAN(HPARAMS))
    return this.models[i % this.models.length]
  }

  /** @param {string} name */
  file(name) {
    return path.join(this.folder, name)
  }

  /**
   * Makes a call and continues at once. How it ends is judged when it does, before the promise resolves.
   *
   * @param {string} name @param {() => unknown} call @returns {Promise<void>}
   */
  async call(name, call) {
    let result
    try {
      result = call()
    } catch (error) {
      this.judge(name, error)
      return
    }
    const promise = Promise.resolve(result)
      .then(
        value => {
          if (value instanceof DCGAN) this.models.push(value)
          this.count(name, 'done')
        },
        error => this.judge(name, error),
      )
      .finally(() => this.pending.delete(promise))
    this.pending.add(promise)
    await promise
  }

  /** A failure has a code, or is the caller's own. @param {string} name @param {any} error */
  judge(name, error) {
    const own = error instanceof Own || error?.name === 'AbortError'
    const coded = error instanceof DcganError && /^ERR_DCGAN_/.test(error.code)
    this.count(name, own ? "the caller's own" : coded ? error.code : 'no code')
    if (!own && !coded) this.faults.push(`${name} fails without a code: ${error?.stack ?? String(error)}`)
    if (coded && error.code === 'ERR_DCGAN_NATIVE') this.faults.push(`${name} fails inside: ${error.stack}`)
  }

  /** @param {string} name @param {string} outcome */
  count(name, outcome) {
    const key = `${name}: ${outcome}`
    this.calls[key] = (this.calls[key] ?? 0) + 1
  }

  /** A worker with a model at work, which is ended after so many milliseconds. @param {number} ms @param {boolean} exits */
  worker(ms, exits) {
    const worker = new Worker(path.join(__dirname, 'worker.js'), {
      workerData: { hparams: HPARAMS, ms, exits },
    })
    this.call('worker', () => {
      return new Promise((resolve, reject) => {
        worker.on('error', reject)
        worker.on('exit', resolve)
        if (!exits) setTimeout(() => worker.terminate(), ms)
      })
    })
  }

  /** Ends all that runs, and waits for it. */
  async end() {
    for (const controller of this.controllers) controller.abort(new Own('the end'))
    for (const gan of this.models) this.call('dispose', () => gan.dispose())
    while (this.pending.size > 0) await Promise.all(this.pending)
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

module.exports = { HPARAMS, Stage }
