import { once } from 'node:events'
import { connect } from 'node:net'
import { quantile } from './answers.js'
import { Server, sendLoad } from './processes.js'

const TOKEN = 'only-for-this-measurement'
/** The bytes that each client sends before it falls silent. */
const UNFINISHED = [
  '',
  'GET /digits/1.png HTTP/1.1\r\nHost: localhost\r\nX-More',
  'POST /train HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n{"epochs":`,
]
const OF_EACH = 500
const CONNECTIONS = 8
const ROUNDS = 5

/** Measures the requests of others next to 500 idle connections, 500 with half a head and 500 with half a body. */
export async function hostile(model, seconds) {
  const server = await Server.start({ MODEL: model, TRAINING_TOKEN: TOKEN })
  // The connections end after ten seconds, and each round needs all of them.
  const load = {
    url: server.url,
    path: '/digits/SEED.png',
    connections: CONNECTIONS,
    seconds: Math.min(8, seconds / ROUNDS),
  }
  await sendLoad(load)
  const p99 = async () => (await sendLoad(load)).statuses[200]?.p99 ?? Number.NaN
  const quiet = []
  const besieged = []
  for (let round = 1; round <= ROUNDS; round++) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
    quiet.push(await p99())
    const sockets = await besiege(server.url)
    besieged.push(await p99())
    for (const socket of sockets) socket.destroy()
  }

  process.stderr.write('until they are ended\n')
  const begin = performance.now()
  const sockets = await besiege(server.url)
  await Promise.all(sockets.map(ended))
  const gone = (performance.now() - begin) / 1000

  await besiege(server.url)
  const shutdown = await timeToStop(server)
  const unhindered = await timeToStop(await Server.start({ MODEL: model }))

  const [before, during] = [quantile(quiet, 0.5), quantile(besieged, 0.5)]
  return [
    { what: 'p99 without them', value: 1000 * before, unit: 'ms' },
    { what: `p99 with ${UNFINISHED.length * OF_EACH} of them`, value: 1000 * during, unit: 'ms' },
    { what: 'one against the other', value: during / before, atMost: 1.25 },
    { what: 'until the last of them is ended', value: gone, atMost: 35, unit: 's' },
    { what: 'from SIGTERM to the end without them', value: unhindered, unit: 's' },
    { what: 'from SIGTERM to the end with them', value: shutdown, atMost: 2, unit: 's' },
  ]
}

/** In seconds. Throws unless it ends with 0. */
async function timeToStop(server) {
  const begin = performance.now()
  await server.stop()
  return (performance.now() - begin) / 1000
}

async function ended(socket) {
  if (!socket.closed) await new Promise(resolve => socket.once('close', resolve))
}

async function besiege(url) {
  const port = Number(new URL(url).port)
  const sockets = []
  // Fewer at once than the operating system keeps for a server that is busy.
  for (let i = 0; i < OF_EACH; i++) {
    sockets.push(...(await Promise.all(UNFINISHED.map(bytes => send(port, bytes)))))
  }
  return sockets
}

async function send(port, bytes) {
  const socket = connect(port, '127.0.0.1')
  // The server may reset it later.
  await once(socket, 'connect')
  socket.on('error', () => undefined).resume()
  socket.write(bytes)
  return socket
}
