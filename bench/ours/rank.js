// One process of a distributed run, or one alone: node rank.js DISTRIBUTED BATCH STEPS_A_ROUND
// A round is an epoch over STEPS × BATCH images; all processes of a run have their rounds together.
import { DCGAN, loadMnist } from '../../dist/index.mjs'
import { serve } from '../rounds.js'

const [distributed, ...numbers] = process.argv.slice(2)
const [batchSize, steps] = numbers.map(Number)
const threads = Number(process.env.OMP_NUM_THREADS)
const gan = new DCGAN({
  device: 'cpu',
  batchSize,
  threads,
  seed: 1,
  distributed: distributed === 'env' && distributed,
})
const all = await loadMnist()

async function oneRound(count = steps) {
  const images = all.images.subarray(0, count * batchSize * 784)
  const { seconds } = await gan.trainEpoch({ images, count: count * batchSize, width: 28, height: 28 })
  return { seconds: seconds / count }
}

await oneRound(2)
await serve({ threads }, () => oneRound())
