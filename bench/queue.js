// Measures what serving costs a model that trains: see README.md. `npm run bench -- queue --help`.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { DCGAN, loadMnist } from '../dist/index.mjs'
import { seconds, table, verdict } from './report.js'
import { median, ratio } from './statistics.js'

const HELP = `Usage: npm run bench -- queue [options]

  --clients n       clients, each with one sample(1) outstanding (256)
  --steps n         training steps of each measurement (10)
  --rounds n        how often each measurement takes its turn (5)
  --threads n       intra-op threads (the number of processors)

Trains on the 60,000 images of MNIST, batch 128, float32: alone, with the clients, and with sample(1000) after sample(1000).`

const OPTIONS = {
  clients: { type: 'string', default: '256' },
  steps: { type: 'string', default: '10' },
  rounds: { type: 'string', default: '5' },
  threads: { type: 'string', default: `${cpus().length}` },
  help: { type: 'boolean', short: 'h', default: false },
}

/** Packing the new weights, once per step, and the work of the event loop come in addition to the forward passes. */
const SLOWDOWN_LIMIT = 1.1
const LARGE_REQUEST_STEPS = 3

const { values: options } = parseArgs({ options: OPTIONS })
const [clients, steps, rounds, threads] = ['clients', 'steps', 'rounds', 'threads'].map(key =>
  Number(options[key]),
)

/** Runs clients until the work is done. Each sends its next request as soon as it has its answer. */
async function withClients(count, request, work) {
  let open = true
  const client = async () => {
    while (open) await request()
  }
  const all = Array.from({ length: count }, client)
  try {
    return await work()
  } finally {
    open = false
    await Promise.all(all)
  }
}

/** Waits until the model has made so many steps more. */
async function stepsOf(gan, count) {
  const goal = gan.step + count
  while (gan.step < goal) await new Promise(resolve => setTimeout(resolve, 1))
}

/** Seconds since a moment, by the clock and of the processor: other programs lengthen only the first. */
function stopwatch() {
  const [begin, used] = [performance.now(), process.cpuUsage()]
  return count => {
    const { user, system } = process.cpuUsage(used)
    return { seconds: (performance.now() - begin) / 1000 / count, processor: (user + system) / 1e6 / count }
  }
}

/** Returns the time of one step, and the forward passes and images that were made per step. */
async function measureSteps(gan) {
  await stepsOf(gan, 1)
  const [step, stats, elapsed] = [gan.step, gan.stats, stopwatch()]
  await stepsOf(gan, steps)
  const made = gan.step - step
  return {
    ...elapsed(made),
    forwards: (gan.stats.forwards - stats.forwards) / made,
    images: (gan.stats.served - stats.served) / made,
  }
}

/** Returns the time of one forward pass for the same clients while nothing trains. */
async function measureForward(gan, sampleOne) {
  return withClients(clients, sampleOne, async () => {
    const forwardsOf = async count => {
      const goal = gan.stats.forwards + count
      while (gan.stats.forwards < goal) await sampleOne()
    }
    await forwardsOf(4)
    const [forwards, elapsed] = [gan.stats.forwards, stopwatch()]
    await forwardsOf(40)
    return elapsed(gan.stats.forwards - forwards)
  })
}

/** Steps that were made while each of these requests for 1000 images was under way. */
async function measureLarge(gan, requests) {
  const counts = []
  for (let i = 0; i < requests; i++) {
    const before = gan.step
    await gan.sample(1000, { seed: i })
    counts.push(gan.step - before)
  }
  return counts
}

async function training(gan, dataset, work) {
  const stop = new AbortController()
  const epoch = gan.trainEpoch(dataset, { signal: stop.signal }).catch(error => error)
  await stepsOf(gan, 1)
  const result = await work()
  stop.abort()
  const end = await epoch
  if (end !== stop.signal.reason) throw end instanceof Error ? end : new Error('the epoch ended too early')
  return result
}

async function main() {
  if (options.help) return console.log(HELP)
  console.log(`${cpus()[0].model}, ${cpus().length} processors, load ${loadavg()[0].toFixed(2)}\n`)
  const gan = new DCGAN({ device: 'cpu', batchSize: 128, threads, seed: 1 })
  const idle = new DCGAN({ device: 'cpu', batchSize: 128, threads, seed: 1 })
  const dataset = await loadMnist()
  let seed = 0
  const [alone, busy, forward, large] = [[], [], [], []]
  for (let round = 0; round < rounds; round++) {
    await training(gan, dataset, async () => {
      alone.push(await measureSteps(gan))
      busy.push(
        await withClients(
          clients,
          () => gan.sample(1, { seed: seed++ }),
          () => measureSteps(gan),
        ),
      )
      large.push(...(await measureLarge(gan, 2)))
    })
    forward.push(await measureForward(idle, () => idle.sample(1, { seed: seed++ })))
  }
  await Promise.all([gan.dispose(), idle.dispose()])
  report({ alone, busy, forward, large })
}

function report({ alone, busy, forward, large }) {
  const middle = (figures, key) => median(figures.map(figure => figure[key]))
  const row = (what, figures) => [what, ...['seconds', 'processor'].map(key => seconds(middle(figures, key)))]
  const cost = busy.map(({ forwards }, i) => ({
    seconds: forwards * forward[i].seconds,
    processor: forwards * forward[i].processor,
  }))
  const slowdown = key =>
    ratio(
      busy.map((figure, i) => figure[key] - alone[i][key]),
      cost.map(figure => figure[key]),
    )
  console.log(
    table(
      ['training, batch 128, float32', 'time', 'processor time'],
      [
        row('a step alone', alone),
        row(`a step with ${clients} clients of sample(1)`, busy),
        row('a forward pass of the same clients, nothing training', forward),
        row('forward passes per step × their time', cost),
        ['forward passes per step', middle(busy, 'forwards').toFixed(1), ''],
        ['images per step', middle(busy, 'images').toFixed(0), ''],
        ['steps made during one sample(1000): median, most', `${median(large)}, ${Math.max(...large)}`, ''],
      ],
    ),
  )
  const targets = [
    {
      what: "a step's slow-down by the clients / what their forward passes cost, time",
      value: slowdown('seconds'),
      limit: SLOWDOWN_LIMIT,
    },
    {
      what: "a step's slow-down by the clients / what their forward passes cost, processor time",
      value: slowdown('processor'),
      limit: SLOWDOWN_LIMIT,
    },
    { what: 'steps made during one sample(1000), median', value: median(large), limit: LARGE_REQUEST_STEPS },
  ]
  console.log(`\n${verdict(targets)}`)
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
