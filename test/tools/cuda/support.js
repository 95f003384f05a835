'use strict'

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { DCGAN } = require('../../../dist/index.js')

/** @typedef {{ what: string, ok: boolean | null, found: string }} Row ok is null for what could not be checked */
/** @typedef {import('../../../dist/index.js').HyperParamOptions} Options */

/** Everything that a step may be made of. @type {Options} */
const ALL = {
  classes: 10,
  discSteps: 2,
  r1: [0.2, 0.1],
  r2: [0.2, 0.1],
  mismatch: [0.2, 0.1],
  emaDecay: 0.99,
}

/** @param {number} count */
function images(count) {
  const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)
  return { images: pixels, labels, count, width: 28, height: 28 }
}

/** Uses a model, and disposes of it. @template T @param {Options} options @param {(gan: DCGAN) => Promise<T>} use */
async function withModel(options, use) {
  const gan = new DCGAN({ batchSize: 32, latentDim: 32, epochs: 2, seed: 7, ...options })
  try {
    return await use(gan)
  } finally {
    await gan.dispose()
  }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'check-cuda-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
let files = 0
/** A path that nothing else uses: two models may save their state at the same time. */
const temporary = () => path.join(folder, `${++files}.safetensors`)

/** A fingerprint of a model's whole state. @param {DCGAN} gan */
async function stateOf(gan) {
  const file = temporary()
  await gan.save(file)
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function largestDifference(a, b) {
  if (a.length !== b.length || a.length === 0) return Number.NaN
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - Number(b[i]))))
}

/** @param {string} what @param {boolean} same @returns {Row} */
function sameBits(what, same) {
  return { what, ok: same, found: same ? 'the same bits' : 'other bits' }
}

module.exports = { ALL, images, largestDifference, sameBits, stateOf, temporary, withModel }
