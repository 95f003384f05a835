// Sampling in TensorFlow.js on its WebAssembly backend, the fastest that installs without native code.
// node tfjs_sample.js COUNT SAMPLES_A_ROUND
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { serve } from '../rounds.js'
import { median } from '../statistics.js'
import { generator } from './tfjs_model.js'

const [count, samples] = process.argv.slice(2).map(Number)
const threads = Number(process.env.OMP_NUM_THREADS)
setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`)
setThreadsCount(threads)
await tf.setBackend('wasm')
const gen = generator()

async function oneRound(samples) {
  const times = []
  for (let i = 0; i < samples; i++) {
    const begin = performance.now()
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
    times.push((performance.now() - begin) / 1000)
  }
  return { seconds: median(times) }
}

await oneRound(2)
await serve({ version: tf.version.tfjs, threads }, () => oneRound(samples))
