import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DCGAN } from 'libtorch-dcgan'
import {
  listen,
  parseEvents,
  pngSize,
  post,
  scratch,
  type TestApp,
  TOKEN,
  testApp,
  until,
} from './support.js'

const running = async ({ server }: TestApp) => (await server.inject('/model')).json().training.running

test('a run reports its progress, and its model is served at the end', async t => {
  const saveTrained = join(scratch(t), 'trained.safetensors')
  const app = await testApp(t, { saveTrained })
  const before = app.models.current.version
  const url = await listen(app)
  const response = await post(url, { epochs: 2, images: 300, seed: 9 })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  assert.equal(response.headers.get('cache-control'), 'no-store')

  const events = parseEvents(await response.text())
  assert.deepEqual(events[0], { event: 'start', data: { epochs: 2, images: 300, seed: 9 } })
  const progress = events.filter(({ event }) => event === 'progress').map(({ data }) => data)
  assert.ok(progress.length > 0)
  assert.ok(progress.every(({ discLoss, genLoss }) => Number.isFinite(discLoss) && Number.isFinite(genLoss)))
  assert.deepEqual([progress.at(-1)?.step, progress.at(-1)?.totalSteps], [10, 10])

  const { version } = app.models.current
  assert.deepEqual(events.at(-1), { event: 'done', data: { version, step: 10, epoch: 2 } })
  assert.notEqual(version, before)
  await using saved = await DCGAN.load(saveTrained)
  const digit = await app.server.inject('/digits/3.png')
  assert.deepEqual(digit.rawPayload, await (await saved.sample(1, { seed: 3 })).png(0))
  const { body } = await app.server.inject('/metrics')
  assert.match(body, /^dcgan_training_steps_total 10$/m)
  assert.match(body, /^dcgan_training_epochs_total 2$/m)
  assert.match(body, /^dcgan_training_loss\{network="generator"\} \d/m)
  assert.match(body, /^dcgan_training_images_per_second \d/m)
})

test('a second run is refused with 409, and the digits of the first can be looked at', async t => {
  const app = await testApp(t)
  const url = await listen(app)
  assert.equal((await app.server.inject('/train/digits.png')).statusCode, 204)
  const hangUp = new AbortController()
  const first = await post(url, { epochs: 50 }, { signal: hangUp.signal })
  const second = await post(url, { images: 100 })
  assert.equal(second.status, 409)
  assert.match(((await second.json()) as { message: string }).message, /trained already/)

  await until(
    async () => (await app.server.inject('/train/digits.png')).statusCode === 200,
    'a model to look at',
  )
  const look = await app.server.inject('/train/digits.png?count=4&scale=2')
  assert.deepEqual(pngSize(look.rawPayload), [112, 112])
  assert.equal(look.headers['cache-control'], 'no-store')
  assert.equal((await app.server.inject('/digits/1.png')).statusCode, 200, 'the old model still serves')

  hangUp.abort()
  await assert.rejects(first.text())
})

test('a client that disconnects stops the run, and the old model stays', async t => {
  const app = await testApp(t)
  const before = app.models.current.version
  const url = await listen(app)
  const hangUp = new AbortController()
  const response = await post(url, { epochs: 50 }, { signal: hangUp.signal })
  const reader = response.body?.getReader()
  await reader?.read()
  assert.equal(await running(app), true)
  hangUp.abort()
  await until(async () => !(await running(app)), 'the run to stop')
  assert.equal(app.models.current.version, before)
  const again = await post(url, { images: 100, epochs: 1 })
  assert.equal(parseEvents(await again.text()).at(-1)?.event, 'done')
})

test('closing the server ends a run with an event', async t => {
  const app = await testApp(t)
  const response = await post(await listen(app), { epochs: 50 })
  const text = response.text()
  await until(() => running(app), 'the run')
  await app.server.close()
  const last = parseEvents(await text).at(-1)
  assert.equal(last?.event, 'stopped')
  assert.equal(last?.data.message, 'The server is stopping')
})

test('every number has its limits', async t => {
  const { server } = await testApp(t)
  const request = { method: 'POST', url: '/train', headers: { authorization: `Bearer ${TOKEN}` } } as const
  const invalid = {
    epochs: [0, 51, 1.5, 'many'],
    images: [99, 60_001, null],
    seed: [-1, 2 ** 53],
  }
  for (const [key, values] of Object.entries(invalid)) {
    for (const value of values) {
      const answer = await server.inject({ ...request, payload: { [key]: value } })
      assert.equal(answer.statusCode, 400, `${key} ${value}`)
      assert.ok(answer.json().message.includes(`${key} must`), answer.body)
    }
  }
  const unknown = await server.inject({ ...request, payload: { epoch: 1 } })
  assert.equal(unknown.json().message, 'epoch is not known')
  const form = await server.inject({
    ...request,
    payload: 'epochs=1',
    headers: { ...request.headers, 'content-type': 'text/plain' },
  })
  assert.notEqual(form.statusCode, 200, 'a page of another site can post text, but not JSON')
  for (const query of [
    'count=0',
    'count=257',
    'scale=17',
    'columns=0',
    'seed=-1',
    'count=256&scale=3',
    'x=1',
  ]) {
    assert.equal((await server.inject(`/train/digits.png?${query}`)).statusCode, 400, query)
  }
})

test('without a token in the configuration there is no training', async t => {
  const { server } = await testApp(t, { trainingToken: undefined })
  const answer = await server.inject({ method: 'POST', url: '/train', payload: {} })
  assert.equal(answer.statusCode, 404)
  assert.deepEqual((await server.inject('/model')).json().training, { allowed: false, running: false })
})

test('only the token starts a run, and it is checked before the body is read', async t => {
  const app = await testApp(t)
  const url = await listen(app)
  const { version } = app.models.current
  for (const authorization of [
    '',
    'Bearer',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
  ]) {
    const answer = await post(url, { images: 100 }, { headers: { authorization } })
    assert.equal(answer.status, 401, authorization)
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    assert.equal(((await answer.json()) as { code: string }).code, 'ERR_TOKEN')
  }
  assert.equal((await post(url, { epochs: 0 }, { headers: { authorization: '' } })).status, 401)
  assert.equal(await running(app), false)
  assert.equal(app.models.current.version, version)
})

test('a page of another site starts no run, even with the token', async t => {
  const app = await testApp(t, { allowedOrigins: ['https://digits.example'] })
  const url = await listen(app)
  for (const origin of [
    'http://evil.example',
    'null',
    `${url}0`,
    `${url}.evil.example`,
    'http://localhost',
  ]) {
    const answer = await post(url, { images: 100 }, { headers: { origin } })
    assert.equal(answer.status, 403, origin)
    assert.equal(((await answer.json()) as { code: string }).code, 'ERR_ORIGIN_NOT_ALLOWED')
  }
  assert.equal(await running(app), false)
  for (const origin of [url, url.replace('http:', 'https:'), 'https://digits.example']) {
    assert.equal((await post(url, { epochs: 0 }, { headers: { origin } })).status, 400, origin)
  }
})

test('a run may end while a client requests its digits', async t => {
  const app = await testApp(t)
  const url = await listen(app)
  const hangUp = new AbortController()
  const run = await post(url, { epochs: 50 }, { signal: hangUp.signal })
  await until(async () => (await app.server.inject('/train/digits.png')).statusCode === 200, 'a model')
  const looks = Array.from({ length: 10 }, () => app.server.inject('/train/digits.png?count=100'))
  hangUp.abort()
  await assert.rejects(run.text())
  for (const { statusCode } of await Promise.all(looks))
    assert.ok([200, 204].includes(statusCode), `${statusCode}`)
})
