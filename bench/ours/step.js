// Training as a user does it: node step.js FLOAT BATCH STEPS_A_ROUND IMAGES [DEVICE [KERNELS]]
// A round is an epoch over STEPS × BATCH of MNIST's images; with more IMAGES than that, an epoch over them is stopped.
import { DCGAN, loadMnist } from '../../dist/index.mjs'
import { serve } from '../rounds.js'

const [precision, ...rest] = process.argv.slice(2)
const [batchSize, steps, count] = rest.map(Number)
const [device = 'cpu', kernels = 'auto'] = rest.slice(3)
const threads = Number(process.env.OMP_NUM_THREADS)
const gan = new DCGAN({ device, kernels, precision, batchSize, threads, seed: 1 })
const all = await loadMnist()

function some(count) {
  return { ...all, images: all.images.subarray(0, count * 784), labels: all.labels.subarray(0, count), count }
}

async function oneRound(dataset = some(count), most = steps) {
  const stop = new AbortController()
  const begin = performance.now()
  let made = Math.ceil(dataset.count / batchSize)
  let losses
  try {
    const result = await gan.trainEpoch(dataset, {
      signal: stop.signal,
      onProgress: ({ step, stepsPerEpoch, discLoss, genLoss }) => {
        made = ((step - 1) % stepsPerEpoch) + 1
        losses = [discLoss, genLoss]
        if (made >= most && made < stepsPerEpoch) stop.abort()
      },
    })
    losses = [result.discLoss, result.genLoss]
    made = result.steps
  } catch (error) {
    if (error !== stop.signal.reason) throw error
  }
  return { seconds: (performance.now() - begin) / 1000 / made, steps: made, losses }
}

await oneRound(some(2 * batchSize), 2)
await serve({ threads }, () => oneRound())
