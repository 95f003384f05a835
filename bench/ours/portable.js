// Sampling in WebAssembly, await to result: node portable.js FILE COUNT SAMPLES_A_ROUND
import { Generator } from '../../dist/portable/node.mjs'
import { serveCalls } from '../rounds.js'

const [file, count, samples] = process.argv.slice(2)
const generator = await Generator.load(file)
let seed = 0

await serveCalls({ threads: 1 }, () => generator.sample(Number(count), { seed: seed++ }), {
  samples: Number(samples),
})
