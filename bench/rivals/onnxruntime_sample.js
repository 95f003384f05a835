// The generator in onnxruntime-node, run alone on latents that are there already: no grey levels are made.
// node onnxruntime_sample.js MODEL COUNT SAMPLES_A_ROUND
import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { serveCalls } from '../rounds.js'

const [model, count, samples] = process.argv.slice(2)
const threads = Number(process.env.OMP_NUM_THREADS)
const session = await InferenceSession.create(model, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
})
const values = Float32Array.from({ length: Number(count) * 100 }, () => Math.random() * 4 - 2)
const latents = new Tensor('float32', values, [Number(count), 100])

const { version } = JSON.parse(
  readFileSync(new URL('../node_modules/onnxruntime-node/package.json', import.meta.url), 'utf8'),
)
await serveCalls({ version, threads }, () => session.run({ latents }), { samples: Number(samples) })
