// npm run bench -- scaling: measures the cost of distributed training, and prints the tables of docs/scaling.md.
// --rounds N: interleaved rounds, 7 if not given. --steps N: steps per round, 10 if not given.

import { parseArgs } from 'node:util'
import { Contender, compete, secondsOf } from './contender.js'
import { freePort } from './port.js'
import { placeVariables } from './ranks.js'
import { table } from './report.js'
import { median, ratio } from './statistics.js'

const BATCH = 128
/** Values that processes sum in a step: gradients in float32, and batch normalisation's sums in float64. */
const GRADIENT_BYTES = 4 * (2_231_168 + 138_561)
const NORM_BYTES = 2 * 8 * (2 * (12_544 + 128 + 64) + 3)
/** Sums in a step: three layers' forward and backward, two networks' gradients, the losses, and whether to stop. */
const SUMS = 10
const NETWORK_BYTES_PER_SECOND = 10e9 / 8
/** From one machine to the next in one rack, a message of a few bytes. */
const NETWORK_LATENCY = 50e-6

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, steps: { type: 'string', default: '10' } },
})
const [rounds, steps] = [Number(values.rounds), Number(values.steps)]

/** Several processes that have their rounds at the same time; a round takes as long as the slowest. */
class Team {
  figures = []
  #members

  constructor(name, count, member) {
    this.name = name
    this.#members = Array.from({ length: count }, (_, rank) => member(rank))
  }

  async ready() {
    await Promise.all(this.#members.map(member => member.ready()))
    return this
  }

  async round() {
    await Promise.all(this.#members.map(member => member.round()))
    const seconds = this.#members.map(({ figures }) => figures.at(-1).seconds)
    this.figures.push({ seconds: Math.max(...seconds) })
  }

  close() {
    return Promise.all(this.#members.map(member => member.close()))
  }
}

function team(name, { processes, threads, batch, distributed = false }, port) {
  return new Team(name, processes, rank => {
    const place = distributed && placeVariables(rank, processes, port)
    const env = { ...process.env, OMP_NUM_THREADS: `${threads}`, ...place }
    const args = ['ours/epoch.js', batch, steps, JSON.stringify({ distributed: distributed && 'env' })]
    return new Contender(`${name}, process ${rank}`, process.execPath, args, env)
  })
}

const port = await freePort()
const ONE = 'one process of 2 threads'
const TWO = 'two processes of 1 thread each'
const APART = 'two processes with a model each, on 64 images'
const shares = [BATCH, BATCH / 2, BATCH / 4, BATCH / 8]
const alone = batch => `one process of 2 threads, ${batch} images`
const ran = await compete(
  [
    () => team(ONE, { processes: 1, threads: 2, batch: BATCH }),
    () => team(TWO, { processes: 2, threads: 1, batch: BATCH, distributed: true }, port),
    () => team(APART, { processes: 2, threads: 1, batch: BATCH / 2 }),
    ...shares.slice(1).map(batch => () => team(alone(batch), { processes: 1, threads: 2, batch })),
  ],
  rounds,
)
const seconds = secondsOf(ran)
const times = name => seconds.get(name)
const ms = seconds => `${(1000 * seconds).toFixed(1)} ms`
const percent = share => `${(100 * share).toFixed(1)} %`

const [one, two, apart] = [ONE, TWO, APART].map(times)
const rows = [ONE, TWO, APART].map(name => [name, ms(median(times(name))), ms(Math.min(...times(name)))])
console.log(`A step on ${BATCH} images, ${rounds} interleaved rounds of ${steps} steps:\n`)
console.log(table(['', 'median', 'best round'], rows))
console.log(`\nTwo processes against one: ${ratio(two, one).toFixed(2)} times its time`)
console.log(`Sums over the processes: ${percent(Math.max(0, 1 - 1 / ratio(two, apart)))} of a step\n`)

/** Seconds of a step on so many machines: their part of the images, and all sums in a ring. */
function expected(machines) {
  const batch = BATCH / machines
  const compute = median(machines === 1 ? one : times(alone(batch)))
  const bytes = (2 * (machines - 1) * (GRADIENT_BYTES + NORM_BYTES)) / machines
  const sums = bytes / NETWORK_BYTES_PER_SECOND + SUMS * 2 * (machines - 1) * NETWORK_LATENCY
  return { batch, compute, sums: machines === 1 ? 0 : sums }
}

const first = expected(1).compute
console.log(
  table(
    ['machines', 'images each', 'computing', 'sums at 10 Gbit/s', 'step', 'speed-up'],
    [1, 2, 4, 8].map(machines => {
      const { batch, compute, sums } = expected(machines)
      const step = compute + sums
      return [`${machines}`, `${batch}`, ms(compute), ms(sums), ms(step), (first / step).toFixed(2)]
    }),
  ),
)
