'use strict'
// Samples to be measured: node quality/sample.js <state.safetensors> <file> [count] [seed]
// Writes count × 784 grey levels, 10,000 of seed 2026 by default. The same state and seed make the same file.
const { writeFileSync } = require('node:fs')
const { DCGAN } = require('..')

/** The settings of every figure in quality/results: float32, whatever the state was trained in. */
const SAMPLES = { count: 10_000, seed: 2026, precision: 'float32' }

/**
 * @param {string} state a file that `save()` wrote
 * @param {string} file for the grey levels
 */
async function sampleState(state, file, { count, seed, precision } = SAMPLES) {
  const gan = await DCGAN.load(state, {
    precision,
    device: 'cpu',
    threads: 1,
    maxBatch: 500,
    maxQueue: count,
  })
  try {
    writeFileSync(file, (await gan.sample(count, { seed })).pixels)
  } finally {
    await gan.dispose()
  }
}

module.exports = { SAMPLES, sampleState }

if (require.main === module) {
  const [state, file, count = SAMPLES.count, seed = SAMPLES.seed] = process.argv.slice(2)
  if (file === undefined)
    throw new Error('Usage: node quality/sample.js <state.safetensors> <file> [count] [seed]')
  sampleState(state, file, { ...SAMPLES, count: Number(count), seed: Number(seed) }).catch(error => {
    console.error(error)
    process.exitCode = 1
  })
}
