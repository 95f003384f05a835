import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from './answers.js'
import { flood, Server, sendLoad } from './processes.js'

export interface Serving {
  imagesPerSecond: number
  errors: number
  /** Answers other than 2xx. */
  refused: number
  p50: number
  p99: number
  meanBatch: number
  eventLoopP99: number
}

export interface Overload {
  /** Requests a second, of 64 images each: offered, answered with images, and answered with 503. */
  offered: number
  served: number
  refused: number
  /** Answers other than 200 and 503, and broken connections. */
  failed: number
  refusalP50: number
  refusalP99: number
  imagesPerSecond: number
  residentBefore: number
  residentPeak: number
  residentAfter: number
  /** From the end of the load to the first of ten normal answers in a row. */
  recoverySeconds: number
}

const CONNECTIONS = 64
const COUNT = 64
const TIMES = 10

/** One image a request, over 64 connections. */
export async function serving(model: string, maxBatch: number, seconds: number): Promise<Serving> {
  const server = await Server.start({ MODEL: model, MAX_BATCH: String(maxBatch) })
  const load = { url: server.url, path: '/digits/SEED.png', connections: CONNECTIONS }
  await sendLoad({ ...load, seconds: Math.max(1, seconds / 10) })
  const before = await server.metrics()
  const answers = await sendLoad({ ...load, seconds })
  const after = await server.metrics()
  await server.stop()

  const grown = (name: string) => (after[name] as number) - (before[name] as number)
  const ok = answers.statuses[200]
  const answered = Object.values(answers.statuses).reduce((sum, { count }) => sum + count, 0)
  return {
    imagesPerSecond: (ok?.count ?? 0) / answers.seconds,
    errors: answers.errors,
    refused: answered - (ok?.count ?? 0),
    p50: ok?.p50 ?? Number.NaN,
    p99: ok?.p99 ?? Number.NaN,
    meanBatch: grown('dcgan_images_total') / grown('dcgan_forwards_total'),
    eventLoopP99: after.nodejs_eventloop_lag_p99_seconds as number,
  }
}

/**
 * Ten times as many images a second as it can serve, `capacity`, on ten times as many connections. Sheets of 64
 * images are asked for, so that a client on the same machine can offer so much and leave the server its processors.
 */
export async function overload(model: string, capacity: number, seconds: number): Promise<Overload> {
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

async function probes(server: Server, count: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) times.push(await server.probe(i))
  return times
}

async function recovery(server: Server, normal: number): Promise<number> {
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

async function watchPeak(server: Server, watching: () => boolean): Promise<number> {
  let peak = 0
  while (watching()) {
    peak = Math.max(peak, await server.residentBytes())
    await sleep(100)
  }
  return peak
}
