import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { readConfig } from '../src/config.js'
import { Connections } from '../src/connections.js'
import { type Cleanup, listen, send, testApp, UNFINISHED, until } from './support.js'

test('a request that does not arrive in time, and a connection that is idle, are ended', async t => {
  const app = await testApp(t, { requestSeconds: 1, keepAliveSeconds: 1 })
  const url = await listen(app)
  const answered = 'GET /model HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const sockets = await Promise.all(
    [...Object.values(UNFINISHED), answered].flatMap(bytes =>
      Array.from({ length: 50 }, () => send(t, url, bytes)),
    ),
  )
  // It serves others meanwhile.
  assert.equal((await fetch(`${url}/digits/1.png`)).status, 200)
  await until(() => sockets.every(({ closed }) => closed), 'the connections to end')
})

test('connections are limited: a new one closes the one that has waited for the longest time', async t => {
  const app = await testApp(t, { maxConnections: 20 })
  const url = await listen(app)
  const sockets = await Promise.all(
    Array.from({ length: 100 }, (_, i) => send(t, url, Object.values(UNFINISHED)[i % 4] as string)),
  )
  await until(() => sockets.filter(({ closed }) => !closed).length <= 20, 'the bound')
  assert.equal((await fetch(`${url}/digits/1.png`)).status, 200)
})

test('a connection with a pending answer is not closed for another one', async t => {
  const app = await testApp(t, { maxConnections: 4, maxQueue: 100_000 })
  const url = await listen(app)
  const { gan } = app.models.current
  const before = gan.stats.served
  const requests = Array.from({ length: 4 }, (_, seed) => fetch(`${url}/digits.png?count=60&seed=${seed}`))
  await until(() => gan.stats.waiting + gan.stats.served - before > 180, 'the requests to arrive')
  await Promise.all(Array.from({ length: 50 }, () => send(t, url, UNFINISHED.head)))
  for (const { status } of await Promise.all(requests)) assert.equal(status, 200)
})

test('many requests at once over one connection are all answered', async t => {
  const url = await listen(await testApp(t))
  const request = 'GET /digits/1.png HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const socket = await send(t, url, request.repeat(50))
  let answers = 0
  socket.on('data', bytes => {
    answers += bytes.toString('latin1').split('HTTP/1.1 200 OK').length - 1
  })
  await until(() => answers === 50, 'fifty answers')
})

/** Sends bytes over a connection of their own, and reads its one answer to the end. */
async function answerTo(t: Cleanup, url: string, bytes: string): Promise<{ status: number; body: string }> {
  const socket = await send(t, url, bytes)
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  const whole = () => {
    const [head = '', body] = text.split('\r\n\r\n')
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1])
    return body !== undefined && body.length >= length
  }
  await until(whole, 'an answer')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)), body }
}

for (const [what, request, status] of [
  ['a second Host header', 'GET /model HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', 400],
  ['the same Host header twice', 'GET /model HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n', 400],
  ['a target with another host', 'GET http://evil.example/model HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  [
    'a target that hides its host',
    'GET http://localhost@evil.example/model HTTP/1.1\r\nHost: localhost\r\n\r\n',
    400,
  ],
  ['another host in both', 'GET http://evil.example/model HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
  ['the same host in both', 'GET http://localhost/model HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
] as const) {
  test(`a request with ${what} is answered with ${status}`, async t => {
    const url = await listen(await testApp(t))
    assert.equal((await answerTo(t, url, request)).status, status)
  })
}

for (const [what, request, status, code] of [
  ['no HTTP', 'hello\r\n\r\n', 400, 'HPE_INVALID_METHOD'],
  [
    'a head that is too long',
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'HPE_HEADER_OVERFLOW',
  ],
  ['a bad escape in its path', 'GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'FST_ERR_BAD_URL'],
] as const) {
  test(`${what} is answered with the same body as every other error`, async t => {
    const url = await listen(await testApp(t))
    const answer = await answerTo(t, url, request)
    assert.equal(answer.status, status)
    const { message, ...body } = JSON.parse(answer.body)
    assert.equal(typeof message, 'string')
    assert.deepEqual(body, { statusCode: status, error: STATUS_CODES[status], code })
  })
}

test('a request that cannot be read does not get its answer before those to earlier requests', async t => {
  const url = await listen(await testApp(t))
  const socket = await send(
    t,
    url,
    'GET /digits.png?count=200 HTTP/1.1\r\nHost: localhost\r\n\r\nhello\r\n\r\n',
  )
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  await until(() => socket.closed, 'the connection to end')
  assert.ok(!text.startsWith('HTTP/1.1 400'), text.slice(0, 200))
})

test('a client that reads an answer too slowly is disconnected', t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const connections = new Connections(readConfig({}))
  const server = connections.serve(() => undefined)
  t.after(() => server.close())
  const reader = (perLook: number) => {
    const socket = Object.assign(new Duplex({ read() {}, write() {} }), { bytesWritten: 1e9, left: 5e8 })
    Object.defineProperty(socket, 'writableLength', { get: () => socket.left })
    server.emit('connection', socket)
    return {
      socket,
      read: () => {
        socket.left -= perLook
      },
    }
  }
  const [slow, fast] = [reader(341), reader(2000)]
  server.emit('listening')
  for (; now < 120_000; now += 500) {
    for (const each of [slow, fast]) each.read()
    t.mock.timers.tick(500)
  }
  assert.equal(slow.socket.destroyed, true)
  assert.equal(fast.socket.destroyed, false)
  fast.socket.destroy()
})
