'use strict'

const { Problem } = require('../problem.js')
const { runThroughLibrary } = require('./library.js')

/** How far a loss may lie from that of the step without a graph. */
const TOLERANCE = 1e-3

/** @param {string} device */
const comparison = device => `
const { DCGAN } = require(process.argv[1])
;(async () => {
  let complaint
  process.on('warning', ({ code, message }) => { if (code === 'DCGAN_NO_GRAPH') complaint = message })
  const count = 24 * 8
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251)
  const dataset = { images, labels: new Uint8Array(count), count, width: 28, height: 28 }
  const losses = []
  for (const step of ['plain', 'auto']) {
    const gan = new DCGAN({ device: '${device}', step, batchSize: 8, seed: 1 })
    const { discLosses, genLosses } = await gan.trainEpoch(dataset)
    losses.push([...discLosses, ...genLosses])
    await gan.dispose()
  }
  // Warnings are told in a later turn.
  await new Promise(setImmediate)
  const difference = Math.max(...losses[0].map((loss, i) => Math.abs(loss - losses[1][i])))
  return { difference, complaint }
})()`

/**
 * Trains two models that are alike for an epoch of 24 steps, one with the plain step and one with the step that is
 * chosen by itself: on a GPU, the CUDA graph.
 *
 * @param {string} root
 * @param {string} [device]
 * @returns {Promise<import('../doctor.js').Found>}
 */
async function checkStep(root, device = 'cuda') {
  const fix = "Train with step: 'plain', and report this with the output of npx libtorch-dcgan doctor --json."
  const { difference, complaint } = await runThroughLibrary(root, comparison(device), fix)
  if (complaint !== undefined) return { status: 'note', detail: complaint, fix }
  const detail = `24 steps with and without a CUDA graph: losses differ by ${difference.toPrecision(2)} at most`
  if (difference <= TOLERANCE) return { detail }
  throw new Problem(detail, fix)
}

module.exports = { checkStep }
