'use strict'

const { ALL, images, largestDifference, withModel } = require('./support.js')

/** @typedef {import('./support.js').Options} Options */

const STEPS = 24

/** The losses of an epoch. @param {Options} options */
async function losses(options) {
  const { discLosses, genLosses } = await withModel(options, gan =>
    gan.trainEpoch(images(STEPS * Number(options.batchSize ?? 32))),
  )
  return [...discLosses, ...genLosses]
}

/**
 * The step without a graph is the specification. Where both draw the same dropout, the CPU's losses are those of the
 * GPU within what TF32 rounds away.
 *
 * @param {string} device
 */
async function parity(device) {
  const rows = []
  let graphless = ''
  process.on('warning', ({ code, message }) => {
    if (code === 'DCGAN_NO_GRAPH') graphless = message
  })
  /** @type {[string, Options][]} */
  const kinds = [
    ['tutorial', {}],
    ['conditional, penalised, averaged, two updates', ALL],
    ['relativistic', { loss: 'relativistic' }],
    ['bfloat16', { precision: 'auto' }],
  ]
  for (const [name, options] of kinds) {
    const [plain, graph] = [
      await losses({ ...options, device, kernels: 'plain' }),
      await losses({ ...options, device }),
    ]
    const apart = largestDifference(plain, graph)
    // bfloat16 has eight bits; only a GPU makes the same sums with and without a graph.
    const tolerance = options.precision === 'auto' ? 0.05 : 1e-3
    rows.push({ what: `graph and eager: ${name}`, ok: apart <= tolerance, found: apart.toExponential(1) })
    if (options.precision === 'auto') continue
    const still = { ...options, dropout: 0 }
    const there = await losses({ ...still, device })
    const here = await losses({ ...still, device: 'cpu', kernels: 'plain' })
    // Later steps drift apart, as those of any two machines do.
    const first = largestDifference(there.slice(0, 5), here.slice(0, 5))
    rows.push({ what: `GPU and CPU, five steps: ${name}`, ok: first <= 0.02, found: first.toExponential(1) })
  }
  await new Promise(setImmediate)
  rows.push({ what: 'every step was captured', ok: graphless === '', found: graphless || 'no warning' })
  return rows
}

module.exports = { parity }
