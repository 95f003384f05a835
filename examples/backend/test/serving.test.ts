import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../src/config.js'
import { Models } from '../src/models.js'
import { freshModel, listen, testApp, until } from './support.js'

test('a full queue answers 503 with Retry-After, and waiting requests are served', async t => {
  const { server } = await testApp(t, { maxQueue: 8, maxBatch: 4 })
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, seed) => server.inject(`/digits/${seed}.png`)),
  )
  const refused = answers.filter(({ statusCode }) => statusCode === 503)
  const served = answers.filter(({ statusCode }) => statusCode === 200)
  assert.ok(refused.length > 0 && served.length > 8, `${refused.length} refused, ${served.length} served`)
  assert.equal(refused.length + served.length, 100)
  for (const { headers, body } of refused) {
    assert.equal(headers['retry-after'], '1')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers.etag, undefined)
    assert.equal(JSON.parse(body).code, 'ERR_DCGAN_OVERLOADED')
  }
  assert.equal((await server.inject('/digits/1.png')).statusCode, 200)
})

test('a request is not sampled if its client has disconnected', async t => {
  const app = await testApp(t)
  const url = await listen(app)
  const { gan } = app.models.current
  // The model begins with the requests after their clients have gone.
  const sample = gan.sample.bind(gan)
  const signals: AbortSignal[] = []
  let begin = () => {}
  const begun = new Promise<void>(resolve => {
    begin = resolve
  })
  t.mock.method(gan, 'sample', async (...[count, options]: Parameters<typeof sample>) => {
    if (options?.signal) signals.push(options.signal)
    await begun
    return sample(count, options)
  })
  const before = gan.stats.served
  const hangUp = new AbortController()
  const requests = Array.from({ length: 20 }, (_, seed) =>
    fetch(`${url}/digits/${seed}.png`, { signal: hangUp.signal }),
  )
  const settled = Promise.allSettled(requests)
  await until(() => signals.length === 20, 'the requests to arrive')
  hangUp.abort()
  assert.ok((await settled).every(({ status }) => status === 'rejected'))
  await until(() => signals.every(({ aborted }) => aborted), 'the server to notice')
  begin()
  await fetch(`${url}/digits/1.png`)
  assert.equal(gan.stats.served - before, 1)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  assert.match(metrics, /http_requests_aborted_total\{method="GET",route="\/digits\/:seed.png"\} 20/)
})

test('a model that is replaced is disposed of when its last request is done', async t => {
  const { server, models } = await testApp(t, { maxQueue: 100_000 })
  const old = models.current
  const requests = Array.from({ length: 20 }, (_, seed) => server.inject(`/digits.png?count=50&seed=${seed}`))
  await until(() => old.gan.stats.waiting > 0, 'the requests to wait')
  const next = await models.replace(freshModel({ seed: 2 }))
  assert.equal(models.current, next)
  for (const { statusCode } of await Promise.all(requests)) assert.equal(statusCode, 200)
  await until(
    () =>
      old.gan.sample().then(
        () => false,
        ({ code }) => code === 'ERR_DCGAN_DISPOSED',
      ),
    'the disposal',
  )
  const { body } = await server.inject('/metrics')
  assert.ok(Number(/^dcgan_images_total (\d+)$/m.exec(body)?.[1]) >= 1000, 'its images still count')
})

test('the version follows from the pictures: the same for the same weights', async t => {
  const { models } = await testApp(t)
  const { version } = models.current
  assert.match(version, /^[0-9a-f]{10}$/)
  assert.equal((await models.replace(freshModel({ seed: 1 }))).version, version)
  assert.notEqual((await models.replace(freshModel({ seed: 3 }))).version, version)
})

test('health, model and readiness', async t => {
  const app = await testApp(t)
  const { version } = app.models.current
  const health = await app.server.inject('/healthz')
  assert.equal(health.statusCode, 200)
  assert.deepEqual(health.json(), { status: 'ok', version })
  assert.deepEqual((await app.server.inject('/model')).json(), {
    version,
    device: 'cpu',
    classes: 0,
    step: 0,
    epoch: 0,
    training: { allowed: true, running: false },
  })
  app.stopping()
  const stopping = await app.server.inject('/healthz')
  assert.equal(stopping.statusCode, 503)
  assert.deepEqual(stopping.json(), { status: 'stopping' })
  assert.equal(
    (await app.server.inject('/digits/1.png')).statusCode,
    200,
    'it still answers until it is closed',
  )
})

test('metrics count requests by route, images and forward passes', async t => {
  const { server, models } = await testApp(t)
  // Its images count for its own metrics alone.
  await (await testApp(t)).server.inject('/digits/1.png')
  for (const url of [
    '/digits/1.png',
    '/digits/2.png',
    '/digits.png?count=9&seed=1',
    '/digits.png?count=0',
    '/nothing',
  ]) {
    await server.inject(url)
  }
  const answer = await server.inject('/metrics')
  assert.match(answer.headers['content-type'] as string, /^text\/plain; version=0\.0\.4/)
  const values = Object.fromEntries(
    answer.body
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
  const count = (labels: string) => values[`http_request_duration_seconds_count{${labels}}`]
  assert.equal(count('method="GET",route="/digits/:seed.png",status="200"'), 2)
  assert.equal(count('method="GET",route="/digits.png",status="400"'), 1)
  assert.equal(count('method="GET",route="none",status="404"'), 1)
  assert.equal(values.dcgan_images_total, 11)
  assert.equal(values['dcgan_sample_duration_seconds_count{result="done"}'], 3)
  assert.equal(values.dcgan_forwards_total, models.stats.forwards)
  assert.equal(values.dcgan_last_batch_images, 9)
  assert.equal(values.dcgan_queue_images, 0)
  assert.equal(values.dcgan_training, 0)
  assert.equal(values[`dcgan_model_info{version="${models.current.version}",device="cpu"}`], 1)
  assert.ok((values.nodejs_eventloop_lag_p99_seconds as number) > 0)
})

test('the page and its files, as they are and with a policy that lets nothing in from elsewhere', async t => {
  const { server } = await testApp(t)
  for (const [url, type] of [
    ['/', 'text/html'],
    ['/style.css', 'text/css'],
    ['/page.js', 'text/javascript'],
  ] as const) {
    const answer = await server.inject(url)
    assert.ok(answer.headers['content-type']?.toString().startsWith(type), url)
    assert.match(answer.headers['content-security-policy'] as string, /default-src 'self'/)
    assert.doesNotMatch(answer.body.replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\//, url)
    const again = await server.inject({ url, headers: { 'if-none-match': answer.headers.etag as string } })
    assert.equal(again.statusCode, 304)
  }
})

test('the environment is checked', () => {
  assert.equal(readConfig({}).port, 3000)
  assert.equal(readConfig({ MODEL: '' }).model, undefined)
  assert.equal(readConfig({ MAX_QUEUE: '256' }).maxQueue, 256)
  for (const [name, value] of Object.entries({
    PORT: '65536',
    MAX_BATCH: '0',
    MAX_QUEUE: 'x',
    METRICS_PORT: '-1',
    MAX_CONNECTIONS: '0',
    LOG_LEVEL: 'all',
  })) {
    assert.throws(
      () => readConfig({ [name]: value }),
      new RegExp(`^Error: ${name} must be .* but is "${value}"`),
    )
  }
  assert.throws(
    () => readConfig({ ALLOWED_HOSTS: 'a.example,http://b.example' }),
    /but has "http:\/\/b.example"$/,
  )
  assert.throws(() => readConfig({ ALLOWED_ORIGINS: 'a.example' }), /such as https:.* but has "a.example"$/)
  assert.throws(
    () => readConfig({ TRAINING_TOKEN: 'secret' }),
    ({ message }) => message.startsWith('TRAINING_TOKEN must have') && !message.includes('secret'),
  )
})

test('a queue that the largest sheet does not fit into is refused at the start, not with 503 for ever', async t => {
  assert.throws(() => readConfig({ MAX_QUEUE: '255' }), /^Error: MAX_QUEUE must be an integer from 256 to /)
  const { server } = await testApp(t, readConfig({ MAX_QUEUE: '256' }))
  assert.equal((await server.inject('/digits.png?count=256')).statusCode, 200)
})

test('only the allowed hosts are answered: loopback, the address it listens at, and ALLOWED_HOSTS', async t => {
  const { allowedHosts } = readConfig({ HOST: '10.0.0.7', ALLOWED_HOSTS: ' Digits.example,[2001:db8::1]' })
  const { server } = await testApp(t, { allowedHosts })
  for (const host of [
    'localhost',
    'LOCALHOST:3000',
    '127.0.0.1:80',
    '[::1]:3000',
    '10.0.0.7:3000',
    'digits.example',
    '[2001:db8::1]:1',
  ]) {
    assert.equal((await server.inject({ url: '/model', headers: { host } })).statusCode, 200, host)
  }
  for (const host of [
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ]) {
    for (const url of ['/model', '/digits/1.png', '/', '/metrics', '/healthz', '/nothing']) {
      const answer = await server.inject({ url, headers: { host } })
      assert.equal(answer.statusCode, 421, `${host} ${url}`)
      assert.equal(answer.json().code, 'ERR_HOST_NOT_ALLOWED')
    }
  }
  assert.deepEqual(readConfig({ HOST: '0.0.0.0' }).allowedHosts, readConfig({}).allowedHosts.slice(0, 3))
})

test('metrics can have a port of their own', async t => {
  const app = await testApp(t, { metricsPort: 0 })
  const url = await listen(app)
  const metricsUrl = await app.metricsServer?.listen({ host: '127.0.0.1', port: 0 })
  assert.equal((await fetch(`${url}/metrics`)).status, 404)
  assert.equal((await fetch(`${metricsUrl}/model`)).status, 404)
  const metrics = await (await fetch(`${metricsUrl}/metrics`)).text()
  assert.match(metrics, /http_requests_.*\n/)
  assert.match(metrics, /^dcgan_training 0$/m)
  const rebound = await app.metricsServer?.inject({ url: '/metrics', headers: { host: 'evil.example' } })
  assert.equal(rebound?.statusCode, 421)
  await app.server.close()
  await assert.rejects(fetch(`${metricsUrl}/metrics`), 'it is closed with the other')
})

test('a reload that is requested during another one reads the file again', async () => {
  let loads = 0
  const models = await Models.open(async () => freshModel({ seed: ++loads }))
  const begun = models.reload()
  await until(() => loads === 2, 'the reload to begin')
  const [first, second, third] = await Promise.all([begun, models.reload(), models.reload()])
  assert.notEqual(first.version, second.version)
  assert.equal(second, third)
  assert.equal(models.current, second)
  assert.equal(loads, 3)
  const last = models.reload()
  await Promise.all([models.dispose(), assert.rejects(last, /closing/)])
  await assert.rejects(models.reload(), /closing/)
  await assert.rejects(models.replace(freshModel()), /closing/)
})
