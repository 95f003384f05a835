import autocannon from 'autocannon'
import { quantile } from './statistics.js'

/** What a client process is told, as JSON in its first argument. */
export interface Load {
  url: string
  /** A path, in which `SEED` is replaced by one seed after another. */
  path: string
  connections: number
  seconds: number
  /** Requests a second, over all connections. Without it each connection asks as soon as it has its answer. */
  rate?: number
}

/** What it prints, as JSON. Times in seconds. */
export interface Answers {
  seconds: number
  sent: number
  /** Connections that broke, and answers that did not come. */
  errors: number
  /** By status code. */
  statuses: Record<string, { count: number; p50: number; p99: number; max: number }>
}

/** Different seeds for each connection; autocannon makes the bytes of all of them before it starts. */
const SEEDS = 50

async function run({ url, path, connections, seconds, rate }: Load): Promise<Answers> {
  const times: Record<string, number[]> = {}
  let seed = 0
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        duration: seconds,
        ...(rate !== undefined && { overallRate: rate }),
        setupClient: client => {
          const paths = Array.from({ length: SEEDS }, () => path.replace('SEED', String(seed++)))
          client.setRequests(paths.map(each => ({ method: 'GET', path: each })))
        },
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    )
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      times[status] ??= []
      times[status].push(milliseconds / 1000)
    })
  })
  return {
    seconds: result.duration,
    sent: result.requests.sent,
    errors: result.errors + result.timeouts,
    statuses: Object.fromEntries(
      Object.entries(times).map(([status, values]) => [
        status,
        {
          count: values.length,
          p50: quantile(values, 0.5),
          p99: quantile(values, 0.99),
          max: quantile(values, 1),
        },
      ]),
    ),
  }
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] as string))))
