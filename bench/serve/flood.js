import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Stopwatch } from './answers.js'

/**
 * A process of its own: so many requests a second, whether or not those before have been answered, as a crowd
 * does. (autocannon's rate would send them all at the beginning of each second.)
 * Arguments: the server's URL, a path with SEED in it, connections, seconds, requests a second. Prints `Answers`.
 */
const [url = '', path = '', connections = '', seconds = '', rate = ''] = process.argv.slice(2)

const watch = new Stopwatch()
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) })
let sent = 0
let errors = 0
/** The requests without an answer. */
const open = new Set()

function send() {
  const begin = performance.now()
  const request = { begin }
  open.add(request)
  get(`${url}${path.replace('SEED', String(sent++))}`, { agent }, answer => {
    answer.resume().once('end', () => watch.add(answer.statusCode ?? 0, (performance.now() - begin) / 1000))
  })
    .once('error', () => errors++)
    .once('close', () => open.delete(request))
}

const begin = performance.now()
const passed = () => (performance.now() - begin) / 1000
while (passed() < Number(seconds)) {
  while (sent < passed() * Number(rate)) send()
  await sleep(5)
}
const duration = passed()
// Leaving now cuts off those that were just sent, as the end of a crowd does. Older ones got no answer.
errors += [...open].filter(request => performance.now() - request.begin > 1000).length

process.stdout.write(JSON.stringify({ seconds: duration, sent, errors, statuses: watch.statuses }), () =>
  process.exit(),
)
