import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen, send, testApp, UNFINISHED, until } from './support.js'

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

test('connections are bounded: the one that waits for the longest time makes room', async t => {
  const app = await testApp(t, { maxConnections: 20 })
  const url = await listen(app)
  const sockets = await Promise.all(
    Array.from({ length: 100 }, (_, i) => send(t, url, Object.values(UNFINISHED)[i % 4] as string)),
  )
  await until(() => sockets.filter(({ closed }) => !closed).length <= 20, 'the bound')
  assert.equal((await fetch(`${url}/digits/1.png`)).status, 200)
})

test('a connection that is owed an answer makes no room', async t => {
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
