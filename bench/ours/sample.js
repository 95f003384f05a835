// Sampling as a user does it, await to result: node sample.js FLOAT COUNT SAMPLES_A_ROUND
import { DCGAN } from '../../dist/index.mjs'
import { serve } from '../rounds.js'
import { median } from '../statistics.js'

const [precision, count, samples] = process.argv.slice(2)
const threads = Number(process.env.OMP_NUM_THREADS)
const gan = new DCGAN({ device: 'cpu', precision, threads, seed: 1 })
let seed = 0

async function oneRound(samples) {
  const times = []
  for (let i = 0; i < samples; i++) {
    const begin = performance.now()
    await gan.sample(Number(count), { seed: seed++ })
    times.push((performance.now() - begin) / 1000)
  }
  return { seconds: median(times) }
}

await oneRound(10)
await serve({ threads }, () => oneRound(Number(samples)))
