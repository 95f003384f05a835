// How late the event loop's timers are, idle and while a model trains: node loop.js FLOAT BATCH SECONDS_A_ROUND
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { DCGAN, loadMnist } from '../../dist/index.mjs'
import { serve } from '../rounds.js'

const [precision, batchSize, seconds] = process.argv.slice(2)
const threads = Number(process.env.OMP_NUM_THREADS)
const gan = new DCGAN({ device: 'cpu', precision, batchSize: Number(batchSize), threads, seed: 1 })
const dataset = await loadMnist()

/** Percentiles of the timer's delay in milliseconds; its own period of 1 ms is in them. */
async function delays() {
  const monitor = monitorEventLoopDelay({ resolution: 1 })
  monitor.enable()
  await wait(1000 * Number(seconds))
  monitor.disable()
  return { p50: monitor.percentile(50) / 1e6, p99: monitor.percentile(99) / 1e6, most: monitor.max / 1e6 }
}

async function oneRound() {
  const idle = await delays()
  const stop = new AbortController()
  const training = gan
    .trainEpoch(dataset, { signal: stop.signal, onProgress: () => {} })
    .catch(error => error)
  await wait(500)
  const busy = await delays()
  stop.abort()
  const end = await training
  if (end !== stop.signal.reason) throw end
  return { idle, training: busy }
}

await serve({ threads }, oneRound)
