import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBalancer } from './balancers.js'
import { Server, sendLoad } from './processes.js'

const HELP = `Usage: npm run bench -- replicas [options]

Measures one and two replicas of examples/backend, each with one thread, behind HAProxy and behind nginx where they are installed.

Options:
  --seconds <n>      length of each phase (default 10)
  --connections <n>  requests under way at a time (default 64)
  -h, --help         show this
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit()
}

const SETUPS = [
  [1, null],
  [1, 'haproxy'],
  [2, 'haproxy'],
  [1, 'nginx'],
  [2, 'nginx'],
]

const folder = await mkdtemp(join(tmpdir(), 'dcgan-replicas-'))
try {
  const load = loadavg()[0].toFixed(1)
  process.stdout.write(
    `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load ${load} before\n\n`,
  )
  process.stdout.write(
    '| replicas | balancer | images/s | p50 | p99 | failed | memory of one |\n|---|---|---|---|---|---|---|\n',
  )
  for (const [count, kind] of SETUPS) {
    const row = await measure(count, kind)
    if (row !== null) process.stdout.write(`| ${[count, kind ?? 'none', ...row].join(' | ')} |\n`)
  }
} finally {
  await rm(folder, { recursive: true })
}

/** Throughput, latencies, failures and memory; null where the balancer is not installed. */
async function measure(count, kind) {
  const env = { OMP_NUM_THREADS: '1', KEEP_ALIVE_SECONDS: '75' }
  const servers = await Promise.all(Array.from({ length: count }, () => Server.start(env)))
  try {
    const urls = servers.map(({ url }) => url)
    const balancer = kind === null ? { url: urls[0], stop() {} } : await startBalancer(kind, urls, folder)
    if (balancer === null) return null
    try {
      await sameAnswers(urls)
      const request = { url: balancer.url, path: '/digits/SEED.png', connections: Number(values.connections) }
      await sendLoad({ ...request, seconds: 1 })
      const { statuses, seconds, errors } = await sendLoad({ ...request, seconds: Number(values.seconds) })
      const { 200: ok, ...others } = statuses
      const failed = Object.values(others).reduce((sum, each) => sum + each.count, errors)
      const milliseconds = value => `${(1000 * value).toFixed(1)} ms`
      const megabytes = (await servers[0].residentBytes()) / 2 ** 20
      return [
        ((ok?.count ?? 0) / seconds).toFixed(0),
        milliseconds(ok?.p50),
        milliseconds(ok?.p99),
        failed,
        `${megabytes.toFixed(0)} MiB`,
      ]
    } finally {
      await balancer.stop()
    }
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

/** Any replica answers a seed alike, or a balancer could not be put in front. */
async function sameAnswers(urls) {
  for (const path of ['/digits/42.png', '/digits/7.png?seed=42', '/digits.png?count=9&seed=1&scale=2']) {
    const answers = await Promise.all(urls.map(async url => (await fetch(url + path)).arrayBuffer()))
    const [first, ...rest] = answers.map(answer => Buffer.from(answer))
    if (rest.some(other => !other.equals(first))) throw new Error(`The replicas answer ${path} differently`)
  }
}
