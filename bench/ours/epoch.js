// Short epochs: node epoch.js BATCH STEPS_A_ROUND '{"classes":10,…}', hyper-parameters that differ from the tutorial.
// A round is an epoch over STEPS × BATCH images; all processes of a distributed run have their rounds together.
import { DCGAN, loadMnist } from '../../dist/index.mjs'
import { serve } from '../rounds.js'

const [batchSize, steps] = process.argv.slice(2, 4).map(Number)
const threads = Number(process.env.OMP_NUM_THREADS)
const gan = new DCGAN({ device: 'cpu', seed: 1, ...JSON.parse(process.argv[4]), batchSize, threads })
const all = await loadMnist()

async function oneRound(made = steps) {
  const count = made * batchSize
  const [images, labels] = [all.images.subarray(0, count * 784), all.labels.subarray(0, count)]
  const { seconds } = await gan.trainEpoch({ images, labels, count, width: 28, height: 28 })
  return { seconds: seconds / made }
}

await oneRound(2)
await serve({ threads }, () => oneRound())
