// The generator in onnxruntime, run alone on latents that are there already: no grey levels are made.
// node onnxruntime_sample.js onnxruntime-node|onnxruntime-web MODEL COUNT SAMPLES_A_ROUND
import { readFileSync } from 'node:fs'
import { serveCalls } from '../rounds.js'

const [name, model, count, samples] = process.argv.slice(2)
const { InferenceSession, Tensor, env } = await import(name)
// onnxruntime-web takes the number of threads from here.
const threads = Number(process.env.OMP_NUM_THREADS)
if (env?.wasm !== undefined) env.wasm.numThreads = threads
const session = await InferenceSession.create(readFileSync(model), {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
})
const values = Float32Array.from({ length: Number(count) * 100 }, () => Math.random() * 4 - 2)
const latents = new Tensor('float32', values, [Number(count), 100])

const { version } = JSON.parse(
  readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
)
await serveCalls({ version, threads }, () => session.run({ latents }), { samples: Number(samples) })
