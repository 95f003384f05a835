// Compares the step on a GPU with PyTorch, and times epochs of the best recipe: a part of `npm run check -- cuda`.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { DCGAN, loadMnist, recipes, subset } from '../dist/index.mjs'
import { Contender, compete, secondsOf } from './contender.js'
import { IMAGES } from './mnist.js'
import { seconds, table } from './report.js'
import { median } from './statistics.js'

const BATCH = 128
const ROUNDS = 5

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    python: { type: 'string' },
    steps: { type: 'string', default: '400' },
    epochs: { type: 'string', default: '20' },
    images: { type: 'string', default: '60000' },
  },
})
const { device, python } = options
const [steps, epochs, images] = [options.steps, options.epochs, options.images].map(Number)

/** Everybody, in processes of their own that take turns. */
function* starts() {
  const env = { ...process.env, OMP_NUM_THREADS: `${availableParallelism()}` }
  const fast = { ...env, LIBTORCH_DCGAN_CUDNN_BENCHMARK: '1' }
  for (const precision of ['float32', 'bfloat16']) {
    const ours = (kind, step, variables) => () => {
      const args = ['ours/step.js', precision, BATCH, steps, steps * BATCH, device, step]
      return new Contender(`ours, ${kind}, ${precision}`, process.execPath, args, variables)
    }
    yield ours('graph', 'auto', env)
    yield ours('graph and cuDNN benchmark', 'auto', fast)
    yield ours('eager', 'plain', env)
    for (const kind of python === undefined ? [] : ['eager', 'graphed', 'compiled']) {
      const args = ['rivals/pytorch_cuda_step.py', IMAGES, BATCH, steps, precision, images, kind]
      const where = device.replace(/:.*/, '')
      yield () => new Contender(`PyTorch, ${kind}, ${precision}`, python, [...args, where], env)
    }
  }
}

async function stepTable() {
  // The first round captures and compiles.
  const ran = await compete([...starts()], ROUNDS + 1)
  const times = new Map([...secondsOf(ran)].map(([name, values]) => [name, values.slice(1)]))
  const rows = [...times].map(([name, values]) => {
    const eager = times.get(`PyTorch, eager, ${name.split(', ').at(-1)}`)
    return [
      name,
      seconds(median(values)),
      seconds(Math.min(...values)),
      (BATCH / median(values)).toFixed(0),
      eager === undefined ? '' : (median(eager) / median(values)).toFixed(2),
    ]
  })
  const head = [
    `training step, batch ${BATCH}`,
    'median',
    'best round',
    'images/s',
    "PyTorch eager's time over it",
  ]
  return table(head, rows)
}

/** Seconds that the best recipe takes for its epochs, from the first step to the last. */
async function bestRecipe() {
  const dataset = subset(await loadMnist(), images)
  const gan = new DCGAN({ ...recipes.best, device, epochs, seed: 1 })
  await gan.sample()
  const begin = performance.now()
  await gan.train({ dataset, outputDir: null })
  const taken = (performance.now() - begin) / 1000
  await gan.dispose()
  return taken
}

console.log(await stepTable())
console.log(`\n${epochs} epochs of \`recipes.best\`, ${images} images: ${(await bestRecipe()).toFixed(1)} s`)
