// Sampling as a user does it, await to result: node sample.js FLOAT COUNT SAMPLES_A_ROUND
import { DCGAN } from '../../dist/index.mjs'
import { serveCalls } from '../rounds.js'

const [precision, count, samples] = process.argv.slice(2)
const threads = Number(process.env.OMP_NUM_THREADS)
const gan = new DCGAN({ device: 'cpu', precision, threads, seed: 1 })
let seed = 0

await serveCalls({ threads }, () => gan.sample(Number(count), { seed: seed++ }), { samples: Number(samples) })
