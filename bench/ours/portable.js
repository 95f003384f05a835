// Sampling without LibTorch, await to result: node portable.js onnxruntime-node|onnxruntime-web FILE COUNT SAMPLES_A_ROUND
import { Generator } from '../../dist/portable/node.mjs'
import { serveCalls } from '../rounds.js'

const [name, file, count, samples] = process.argv.slice(2)
const threads = Number(process.env.OMP_NUM_THREADS)
const { InferenceSession, Tensor } = await import(name)
class Session extends InferenceSession {
  static create(model) {
    return InferenceSession.create(model, { intraOpNumThreads: threads })
  }
}
const generator = await Generator.load(file, { runtime: { InferenceSession: Session, Tensor } })
let seed = 0

await serveCalls({ threads }, () => generator.sample(Number(count), { seed: seed++ }), {
  samples: Number(samples),
})
