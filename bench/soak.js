// Checks that memory does not grow: one model serves images, while others are made, trained and disposed
// of. See README.md. `npm run bench -- soak --help`.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DCGAN, loadMnist } from '../dist/index.mjs'
import { table } from './report.js'
import { median } from './statistics.js'

const HELP = `Usage: npm run bench -- soak [options]

  --images n        images that the one model samples (1000000)
  --models n        models made, trained and disposed of meanwhile (200)
  --steps n         training steps of each (3)
  --precision p     float32 or bfloat16 (float32)
  --threads n       intra-op threads (the number of processors)
  --json file       where the figures go (bench/results/soak-<time>.json)

Ends with 1 where resident memory after warm-up, a tenth of the run, grew by 2 % or more.`

const OPTIONS = {
  images: { type: 'string', default: '1000000' },
  models: { type: 'string', default: '200' },
  steps: { type: 'string', default: '3' },
  precision: { type: 'string', default: 'float32' },
  threads: { type: 'string', default: `${cpus().length}` },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
}

const LIMIT = 0.02
const WARM_UP = 0.1
const MARKS = 100

/** Sizes of the requests that are made at once. Forward passes of 64 images cut and mix them. */
const SIZES = [64, 1, 64, 7, 64, 128, 3, 64, 200, 64]

/** Requests about `count` images, makes pictures of some, and returns the number of images. */
async function sampleImages(gan, count, firstSeed) {
  let made = 0
  for (let seed = firstSeed; made < count; seed += SIZES.length) {
    const batches = await Promise.all(SIZES.map((size, i) => gan.sample(size, { seed: seed + i })))
    for (const batch of batches) made += batch.count
    await Promise.all([batches[0].png(0), batches[3].grid({ scale: 2 }), batches[3].gif()])
  }
  return made
}

async function trainModel(settings, dataset, steps) {
  const gan = new DCGAN({ ...settings, batchSize: Math.floor(dataset.count / steps) })
  await gan.trainEpoch(dataset)
  await gan.sample(10)
  await gan.dispose()
}

/** Returns what the process holds now, without garbage: mebibytes, and numbers of threads and open files. */
function weigh() {
  for (let i = 0; i < 3; i++) globalThis.gc()
  const { rss, heapUsed, external } = process.memoryUsage()
  const entries = folder => readdirSync(`/proc/self/${folder}`).length
  const [resident, heap, outside] = [rss, heapUsed, external].map(bytes => bytes / 2 ** 20)
  return { resident, heap, outside, threads: entries('task'), files: entries('fd') }
}

/** Medians of the first and the last tenth after warm-up: a single reading is off by a mebibyte. */
function growth(marks, key) {
  const values = marks.slice(Math.ceil(WARM_UP * marks.length)).map(mark => mark[key])
  const tenth = Math.max(1, Math.round(values.length / 10))
  const [before, after] = [median(values.slice(0, tenth)), median(values.slice(-tenth))]
  return { before, after, growth: after / before - 1 }
}

async function soak({ images, models, steps, settings }) {
  const { images: digits, width, height } = await loadMnist()
  const count = 128 * steps
  const dataset = { images: digits.subarray(0, count * width * height), count, width, height }
  const server = new DCGAN({ ...settings, seed: 1 })
  const marks = []
  let made = 0
  let trained = 0
  for (let i = 1; i <= MARKS; i++) {
    made += await sampleImages(server, Math.round((i * images) / MARKS) - made, made)
    for (; trained < Math.round((i * models) / MARKS); trained++) await trainModel(settings, dataset, steps)
    marks.push({ images: made, models: trained, ...weigh() })
    if (i % 10 === 0)
      console.error(`${made} images, ${trained} models: ${marks.at(-1).resident.toFixed(1)} MiB`)
  }
  const { served } = server.stats
  await server.dispose()
  if (served !== made) throw new Error(`${made} images came, but ${served} were made`)
  return { marks, images: made, models: trained }
}

async function main() {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) return console.log(HELP)
  const [images, models, steps, threads] = ['images', 'models', 'steps', 'threads'].map(key =>
    Number(values[key]),
  )
  const settings = { device: 'cpu', precision: values.precision, threads }
  const machine = {
    date: new Date().toISOString(),
    processor: `${cpus()[0].model}, ${cpus().length} processors`,
    load: loadavg()[0].toFixed(2),
    node: process.version,
    ...settings,
  }
  const begin = performance.now()
  const run = await soak({ images, models, steps, settings })
  const seconds = (performance.now() - begin) / 1000

  const kinds = {
    resident: 'resident memory, MiB',
    heap: "JavaScript's heap, MiB",
    outside: 'buffers outside it, MiB',
    threads: 'threads',
    files: 'open files',
  }
  const summary = Object.fromEntries(Object.keys(kinds).map(key => [key, growth(run.marks, key)]))
  const rows = Object.entries(kinds).map(([key, name]) => {
    const { before, after, growth: grew } = summary[key]
    return [name, before.toFixed(1), after.toFixed(1), `${(100 * grew).toFixed(2)} %`]
  })
  console.log(`${run.images} images and ${run.models} models of ${steps} steps in ${seconds.toFixed(0)} s`)
  console.log(table(['', 'after warm-up', 'at the end', 'growth'], rows))

  const folder = fileURLToPath(new URL('results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = values.json ?? `${folder}soak-${machine.date.replaceAll(':', '-')}.json`
  writeFileSync(file, `${JSON.stringify({ machine, seconds, steps, summary, ...run }, null, 2)}\n`)
  console.error(`Figures: ${file}`)
  if (summary.resident.growth >= LIMIT) {
    console.error(`Resident memory grew by ${(100 * LIMIT).toFixed(0)} % or more`)
    process.exitCode = 1
  }
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
