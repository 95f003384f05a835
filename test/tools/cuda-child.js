'use strict'

// check-cuda-build.js runs this in a process of its own: it loads the addon, trains, samples, and reports.

const path = require('node:path')
const { DCGAN } = require(path.join(__dirname, '..', '..', 'dist', 'index.js'))
const { training } = require(path.join(__dirname, '..', '..', 'dist', 'native', 'engines.js'))

/** @type {string[]} */
const warnings = []
process.on('warning', ({ message }) => warnings.push(message))

async function main() {
  const count = 3 * 32
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251)
  const gan = new DCGAN({ batchSize: 32, seed: 1 })
  const other = new DCGAN({ batchSize: 32, seed: 2 })
  const epoch = await gan.trainEpoch({ images, labels: new Uint8Array(count), count, width: 28, height: 28 })
  const { pixels } = await gan.sample(16, { seed: 1 })
  let insisted
  try {
    const model = new DCGAN({ device: 'cuda' })
    insisted = model.device
    await model.dispose()
  } catch (error) {
    insisted = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
  const answer = {
    info: training().info(),
    device: gan.device,
    insisted,
    steps: epoch.steps,
    discLoss: epoch.discLoss,
    genLoss: epoch.genLoss,
    finite: [...epoch.discLosses, ...epoch.genLosses].every(Number.isFinite),
    levels: new Set(pixels).size,
  }
  await Promise.all([gan.dispose(), other.dispose()])
  // Warnings are emitted in a later turn.
  setImmediate(() => process.stdout.write(`\n${JSON.stringify({ ...answer, warnings })}`))
}

main().catch(error => {
  process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
})
