import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Contender } from './contender.js'
import { IMAGES, LABELS } from './mnist.js'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const MODEL = here('results/generator.onnx')
const GENERATOR = here('results/generator.safetensors')
/** jax-js needs a minute for 64 images, and as long per image for these. */
const JAX_IMAGES = 4

/** The ways in which PyTorch takes part: what its scripts are called with, and its name in the tables. */
const PYTORCH_MODES = {
  float32: 'eager float32',
  bfloat16: 'autocast bfloat16',
  compile: 'torch.compile float32',
}

/**
 * Everybody who takes part, under the names of the tables.
 *
 * @param {{ python: string, threads: number, variables?: NodeJS.ProcessEnv }} options
 */
export function makeContenders({ python, threads, variables }) {
  const node = process.execPath
  const pytorch = mode => `PyTorch ${PYTORCH_MODES[mode]}`
  const env = { ...process.env, ...variables, OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` }
  return {
    ourStep: (precision, batch, steps, images = batch * steps) =>
      new Contender(`ours ${precision}`, node, ['ours/step.js', precision, batch, steps, images], env),
    ourEpoch: (batch, steps, hparams, name = 'ours float32') =>
      new Contender(name, node, ['ours/epoch.js', batch, steps, JSON.stringify(hparams)], env),
    ourSample: (precision, count, samples) =>
      new Contender(`ours ${precision}`, node, ['ours/sample.js', precision, count, samples], env),
    ourPortable: (count, samples) =>
      new Contender('ours, in WebAssembly', node, ['ours/portable.js', saved(node), count, samples], env),
    ourLoop: (precision, batch, seconds) =>
      new Contender(`ours ${precision}`, node, ['ours/loop.js', precision, batch, seconds], env),
    /** `penalty`: the weight of a class-conditional model's gradient penalties; without it, the tutorial's model. */
    pytorchStep: (mode, batch, steps, penalty) => {
      const conditional = penalty === undefined ? [] : [LABELS, penalty]
      const args = ['rivals/pytorch_step.py', IMAGES, batch, steps, mode, 60_000, ...conditional]
      return new Contender(pytorch(mode), python, args, env)
    },
    pytorchSample: (mode, count, samples) => {
      const args = ['rivals/pytorch_sample.py', count, samples, mode]
      return new Contender(pytorch(mode), python, args, env)
    },
    onnxruntimeSample: (name, count, samples, ownThreads = threads) => {
      const args = ['rivals/onnxruntime_sample.js', name, exported(node), count, samples]
      return new Contender(name, node, args, { ...env, OMP_NUM_THREADS: `${ownThreads}` })
    },
    tfjsSample: (count, samples) =>
      new Contender('TensorFlow.js (wasm)', node, ['rivals/tfjs_sample.js', count, samples], env),
    jaxSample: (count, samples) => {
      const args = ['rivals/jax_sample.js', Math.min(count, JAX_IMAGES), samples]
      return new Contender(`jax-js (wasm), at most ${JAX_IMAGES} images, scaled`, node, args, env)
    },
    tfjsStep: images => new Contender('TensorFlow.js (cpu)', node, ['rivals/tfjs_step.js', images], env),
    starts: () => [
      { name: 'node -e 0', command: node, args: ['-e', '0'], env },
      // `counts`: the program takes a number of images.
      { name: 'ours', command: node, args: [here('ours/start.js')], env, counts: true },
      { name: 'PyTorch', command: python, args: [here('rivals/pytorch_start.py')], env },
      {
        name: 'onnxruntime-node',
        command: node,
        args: [here('rivals/onnxruntime_start.js'), exported(node)],
        env,
        counts: true,
      },
    ],
  }
}

/** The generator of `ourSample` as a file, made once. */
function saved(node) {
  if (existsSync(GENERATOR) && existsSync(MODEL)) return GENERATOR
  mkdirSync(dirname(GENERATOR), { recursive: true })
  execFileSync(node, [here('ours/save.js'), GENERATOR, MODEL])
  return GENERATOR
}

/** The same generator as ONNX. */
function exported(node) {
  saved(node)
  return MODEL
}
