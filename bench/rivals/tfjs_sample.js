// Sampling in TensorFlow.js on its WebAssembly backend, the fastest that installs without native code.
// node tfjs_sample.js COUNT SAMPLES_A_ROUND
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { serveCalls } from '../rounds.js'
import { generator } from './tfjs_model.js'

const [count, samples] = process.argv.slice(2).map(Number)
const threads = Number(process.env.OMP_NUM_THREADS)
setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`)
setThreadsCount(threads)
await tf.setBackend('wasm')
const gen = generator()

async function sample() {
  const images = tf.tidy(() =>
    gen
      .predict(tf.randomNormal([count, 100]))
      .add(1)
      .mul(127.5)
      .round()
      .toInt(),
  )
  await images.data()
  images.dispose()
}

await serveCalls({ version: tf.version.tfjs, threads }, sample, { samples, warmUp: 2 })
