// npm run bench -- agreement: measures how far runs of two and four processes lie from a run of one. For comparison, it
// changes the first weight of a run to the next float32 number. Prints the tables of docs/scaling.md.
// --epoch: trains recipes.best for an epoch instead, in one process, in two, and with another seed, and evaluates it.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { DCGAN, recipes } from '../dist/index.mjs'
import { freePort } from './port.js'
import { placeVariables } from './ranks.js'
import { table } from './report.js'

const RUN = fileURLToPath(new URL('ours/run.js', import.meta.url))
const STEPS = [50, 100, 150, 200]
const TUTORIAL = { batchSize: 128, seed: 7 }
const KINDS = {
  "the tutorial's model": TUTORIAL,
  'conditional, relativistic, penalised': {
    ...TUTORIAL,
    classes: 10,
    loss: 'relativistic',
    r1: 0.5,
    r2: 0.5,
  },
}

const { values } = parseArgs({ options: { epoch: { type: 'boolean', default: false } } })

/** Trains in some processes, which share the processors equally. Returns the output of the first one. */
async function train(plan, processes = 1) {
  const port = processes > 1 ? await freePort() : undefined
  const OMP_NUM_THREADS = `${Math.max(1, Math.floor(availableParallelism() / processes))}`
  const outputs = await Promise.all(
    Array.from({ length: processes }, (_, rank) => {
      const place = processes > 1 && placeVariables(rank, processes, port)
      const env = { ...process.env, OMP_NUM_THREADS, ...place }
      return promisify(execFile)(process.execPath, [RUN, JSON.stringify(plan)], { env })
    }),
  )
  return JSON.parse(outputs[0].stdout)
}

/** A new model in a file, one weight of which is the next float32 to what it was. */
async function nudged(hparams, file) {
  const gan = new DCGAN({ outputDim: 2, ...hparams, epochs: 1, device: 'cpu' })
  await gan.save(file)
  await gan.dispose()
  const bytes = await readFile(file)
  const length = Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.subarray(8, 8 + length))
  const at = 8 + length + header['generator.linear.weight'].data_offsets[0]
  bytes.writeUInt32LE(bytes.readUInt32LE(at) + 1, at)
  await writeFile(file, bytes)
  return file
}

/** The largest difference of two runs' losses within so many steps. */
function difference(ours, theirs, steps) {
  const differences = ours
    .slice(0, steps)
    .flatMap((pair, i) => pair.map((x, k) => Math.abs(x - theirs[i][k])))
  return Math.max(...differences).toPrecision(2)
}

async function compareLosses(folder) {
  const rows = []
  for (const [name, hparams] of Object.entries(KINDS)) {
    const plan = { hparams, steps: STEPS.at(-1) }
    const { losses } = await train(plan)
    const others = {
      'two processes': () => train(plan, 2),
      'four processes': () => train(plan, 4),
      'one weight changed': async () =>
        train({ ...plan, model: await nudged(hparams, join(folder, 'model')) }),
    }
    for (const [who, run] of Object.entries(others)) {
      const other = await run()
      rows.push([`${name}: ${who}`, ...STEPS.map(steps => difference(other.losses, losses, steps))])
    }
  }
  console.log(table(['largest difference of a loss from one process', ...STEPS.map(n => `${n} steps`)], rows))
}

async function compareEpochs() {
  const rows = []
  for (const [processes, seed] of [
    [1, 1],
    [2, 1],
    [1, 2],
  ]) {
    const plan = { hparams: { ...recipes.best, seed }, evaluated: true }
    const { distance } = await train(plan, processes)
    rows.push([`${processes === 1 ? 'one process' : 'two processes'}, seed ${seed}`, distance.toFixed(2)])
  }
  console.log(table(['after an epoch of recipes.best', 'Fréchet distance'], rows))
}

const folder = await mkdtemp(join(tmpdir(), 'dcgan-agreement-'))
try {
  await (values.epoch ? compareEpochs() : compareLosses(folder))
} finally {
  await rm(folder, { recursive: true })
}
