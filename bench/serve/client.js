import autocannon from 'autocannon'
import { Stopwatch } from './answers.js'

/**
 * A process of its own: each connection sends its next request as soon as it has its answer.
 * Arguments: the server's URL, a path with SEED in it, connections, seconds. Prints `Answers`.
 */
const [url = '', path = '', connections = '', seconds = ''] = process.argv.slice(2)
/** Different seeds for each connection; autocannon makes the bytes of all of them before it starts. */
const SEEDS = 50

const watch = new Stopwatch()
let seed = 0
const result = await new Promise((resolve, reject) => {
  const instance = autocannon(
    {
      url,
      connections: Number(connections),
      duration: Number(seconds),
      setupClient: client => {
        const paths = Array.from({ length: SEEDS }, () => path.replace('SEED', String(seed++)))
        client.setRequests(paths.map(each => ({ method: 'GET', path: each })))
      },
    },
    (error, done) => (error ? reject(error) : resolve(done)),
  )
  instance.on('response', (_client, status, _bytes, milliseconds) => watch.add(status, milliseconds / 1000))
})

process.stdout.write(
  JSON.stringify({
    seconds: result.duration,
    sent: result.requests.sent,
    errors: result.errors + result.timeouts,
    statuses: watch.statuses,
  }),
)
