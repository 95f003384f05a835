import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from './answers.js'
import { flood, Server, sendLoad } from './processes.js'

const CONNECTIONS = 64
const COUNT = 64
const TIMES = 10

/** One image a request, over 64 connections. */
export async function serving(model, maxBatch, seconds) {
  const server = await Server.start({ MODEL: model, MAX_BATCH: String(maxBatch) })
  const load = { url: server.url, path: '/digits/SEED.png', connections: CONNECTIONS }
  await sendLoad({ ...load, seconds: Math.max(1, seconds / 10) })
  const before = await server.metrics()
  const answers = await sendLoad({ ...load, seconds })
  const after = await server.metrics()
  await server.stop()

  const grown = name => after[name] - before[name]
  const ok = answers.statuses[200]
  const answered = Object.values(answers.statuses).reduce((sum, { count }) => sum + count, 0)
  return {
    imagesPerSecond: (ok?.count ?? 0) / answers.seconds,
    errors: answers.errors,
    refused: answered - (ok?.count ?? 0),
    p50: ok?.p50 ?? Number.NaN,
    p99: ok?.p99 ?? Number.NaN,
    meanBatch: grown('dcgan_images_total') / grown('dcgan_forwards_total'),
    eventLoopP99: after.nodejs_eventloop_lag_p99_seconds,
  }
}

/**
 * Requests ten times as many images per second as the server can make (`capacity`), on ten times as many connections.
 * The requests are for sheets of 64 images, so that the client leaves the server its processors.
 */
export async function overload(model, capacity, seconds) {
  const server = await Server.start({ MODEL: model, MAX_QUEUE: String(4 * COUNT) })
  const rate = Math.ceil((TIMES * capacity) / COUNT)
  const load = {
    url: server.url,
    path: `/digits.png?count=${COUNT}&seed=SEED`,
    connections: TIMES * CONNECTIONS,
  }
  // Sockets and heaps grow once. What they grow by after that is what a leak would be.
  await flood({ ...load, seconds: Math.max(1, seconds / 10) }, rate)
  await sleep(1000)
  const normal = 1.5 * quantile(await probes(server, 100), 0.99)
  const residentBefore = await server.residentBytes()

  let loaded = true
  const peak = watchPeak(server, () => loaded)
  const answers = await flood({ ...load, seconds }, rate)
  loaded = false
  const recoverySeconds = await recovery(server, normal)
  const residentPeak = await peak
  await sleep(1000)
  const residentAfter = await server.residentBytes()
  await server.stop()

  const { 200: ok, 503: refused, ...others } = answers.statuses
  const unexpected = Object.values(others).reduce((sum, { count }) => sum + count, 0)
  return {
    offered: answers.sent / answers.seconds,
    served: (ok?.count ?? 0) / answers.seconds,
    refused: (refused?.count ?? 0) / answers.seconds,
    failed: answers.errors + unexpected,
    refusalP50: refused?.p50 ?? Number.NaN,
    refusalP99: refused?.p99 ?? Number.NaN,
    imagesPerSecond: (COUNT * (ok?.count ?? 0)) / answers.seconds,
    residentBefore,
    residentPeak,
    residentAfter,
    recoverySeconds,
  }
}

async function probes(server, count) {
  const times = []
  for (let i = 0; i < count; i++) times.push(await server.probe(i))
  return times
}

async function recovery(server, normal) {
  const begin = performance.now()
  let since = begin
  for (let good = 0; good < 10; ) {
    if ((await server.probe(good)) <= normal) {
      good++
      continue
    }
    good = 0
    since = performance.now()
  }
  return (since - begin) / 1000
}

async function watchPeak(server, watching) {
  let peak = 0
  while (watching()) {
    peak = Math.max(peak, await server.residentBytes())
    await sleep(100)
  }
  return peak
}
