import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshModel, pngSize, testApp } from './support.js'

const TEN = { classes: 10 }

test('a digit is a PNG file of 28×28, the same for the same seed', async t => {
  const { server } = await testApp(t)
  const [one, same, other] = await Promise.all([7, 7, 8].map(seed => server.inject(`/digits/${seed}.png`)))
  assert.equal(one?.statusCode, 200)
  assert.equal(one.headers['content-type'], 'image/png')
  assert.deepEqual(pngSize(one.rawPayload), [28, 28])
  assert.deepEqual(one.rawPayload, same?.rawPayload)
  assert.notDeepEqual(one.rawPayload, other?.rawPayload)
})

test('the digit of a seed is the first one of its sheet, as sample() has it', async t => {
  const { server, models } = await testApp(t)
  const batch = await models.current.gan.sample(3, { seed: 42 })
  const digit = await server.inject('/digits/42.png')
  assert.deepEqual(digit.rawPayload, await batch.png(0))
  const sheet = await server.inject('/digits.png?seed=42&count=3&columns=3')
  assert.deepEqual(sheet.rawPayload, await batch.grid({ columns: 3 }))
})

test('a sheet has the requested size, and its header has the seed that was drawn', async t => {
  const { server } = await testApp(t)
  const sheet = await server.inject('/digits.png?count=10&columns=4&scale=3')
  assert.deepEqual(pngSize(sheet.rawPayload), [4 * 28 * 3, 3 * 28 * 3])
  assert.equal(sheet.headers['cache-control'], 'no-store')
  const again = await server.inject(`/digits.png?count=10&columns=4&scale=3&seed=${sheet.headers['x-seed']}`)
  assert.deepEqual(again.rawPayload, sheet.rawPayload)
  assert.deepEqual(pngSize((await server.inject('/digits.png')).rawPayload), [112, 112])
})

test('a morph runs from the one digit to the other, and the animation back again', async t => {
  const { server } = await testApp(t)
  const strip = await server.inject('/morph.png?from=1&to=2&frames=5')
  assert.deepEqual(pngSize(strip.rawPayload), [5 * 28, 28])
  const gif = await server.inject('/morph.gif?from=1&to=2&frames=5&scale=2&delay=50')
  assert.equal(gif.headers['content-type'], 'image/gif')
  assert.equal(gif.rawPayload.toString('latin1', 0, 6), 'GIF89a')
  assert.deepEqual([gif.rawPayload.readUInt16LE(6), gif.rawPayload.readUInt16LE(8)], [56, 56])
  // Five frames there and three back, each after a graphic control extension with its delay.
  const frames = gif.rawPayload.toString('latin1').split('\x21\xf9\x04').slice(1)
  assert.equal(frames.length, 8)
  assert.equal(Buffer.from(frames[0] as string, 'latin1').readUInt16LE(1), 5)
})

test('a model with classes draws the requested digit, alone, on a sheet and in a morph', async t => {
  const { server, models } = await testApp(t, {}, TEN)
  const { gan } = models.current
  const same = async (url: string, picture: Buffer) =>
    assert.deepEqual((await server.inject(url)).rawPayload, picture, url)
  for (const labels of [0, 7, 9]) {
    const seven = await gan.sample(1, { seed: 42, labels })
    await same(`/digits/${labels}.png?seed=42`, await seven.png(0))
  }
  const sevens = await gan.sample(16, { seed: 42, labels: 7 })
  await same('/digits.png?seed=42&labels=7', await sevens.grid())
  const three = await gan.sample(3, { seed: 42, labels: [3, 0, 3] })
  await same('/digits.png?seed=42&labels=3,0,3', await three.grid())
  const five = await gan.sample(5, { seed: 42, labels: [1, 2, 1, 2, 1] })
  await same('/digits.png?seed=42&labels=1,2&count=5&columns=2', await five.grid({ columns: 2 }))
  const film = await gan.interpolate(1, 2, 24, { label: 4 })
  await same('/morph.png?from=1&to=2&label=4', await film.grid({ columns: 24 }))
  const gif = async (label: number) =>
    (await server.inject(`/morph.gif?from=1&to=2&label=${label}`)).rawPayload
  assert.notDeepEqual(await gif(4), await gif(5))
  assert.equal((await server.inject('/model')).json().classes, 10)
})

test('an address without a label means the same for every model: the digit of its seed', async t => {
  for (const hparams of [{}, TEN]) {
    const { server, models } = await testApp(t, {}, hparams)
    const batch = await models.current.gan.sample(1, { seed: 7 })
    assert.deepEqual((await server.inject('/digits/7.png')).rawPayload, await batch.png(0))
  }
})

test('a label that the model does not have is a 400 that says so, and is not kept', async t => {
  const [plain, ten] = [await testApp(t), await testApp(t, {}, TEN)]
  const labelled = (label: number) => [
    `/digits/${label}.png?seed=1`,
    `/digits.png?seed=1&labels=${label}`,
    `/morph.gif?from=1&to=2&label=${label}`,
    `/morph.png?from=1&to=2&label=${label}`,
  ]
  for (const [app, label, message] of [
    [plain, 7, /for label.*: the model has no classes/],
    [ten, 10, /from 0 to 9 for label/],
  ] as const) {
    for (const url of labelled(label)) {
      const answer = await app.server.inject(url)
      assert.equal(answer.statusCode, 400, url)
      assert.match(answer.json().message, message)
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal(answer.headers.etag, undefined)
    }
  }
})

test('pictures can be kept, and are made again only if the model has changed', async t => {
  const { server, models } = await testApp(t, {}, TEN)
  for (const url of [
    '/digits/7.png',
    '/digits/7.png?seed=42',
    '/digits.png?seed=7&labels=1,2',
    '/morph.gif?from=1&to=2&label=3',
    '/digits.png?seed=7&count=2',
    '/morph.gif?from=1&to=2',
    '/morph.png?from=1&to=2',
  ]) {
    const first = await server.inject(url)
    assert.equal(first.headers['cache-control'], 'public, max-age=3600, immutable', url)
    const etag = first.headers.etag as string
    const before = models.current.gan.stats.served
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await server.inject({ url, headers: { 'if-none-match': header } })
      assert.equal(again.statusCode, 304, `${url} ${header}`)
      assert.equal(again.body, '')
      assert.equal(again.headers.etag, etag)
    }
    assert.equal(models.current.gan.stats.served, before, 'a 304 samples nothing')
    const stale = await server.inject({ url, headers: { 'if-none-match': '"0123456789"' } })
    assert.equal(stale.statusCode, 200)
  }
})

test("a URL with the model's version is kept for ever, and leads to the new one when that is gone", async t => {
  const { server, models } = await testApp(t, {}, TEN)
  const { version } = models.current
  const url = `/digits/7.png?seed=42&v=${version}`
  const first = await server.inject(url)
  assert.equal(first.headers['cache-control'], 'public, max-age=31536000, immutable')

  await models.replace(freshModel({ seed: 2, ...TEN }))
  assert.notEqual(models.current.version, version)
  const moved = await server.inject({ url, headers: { 'if-none-match': first.headers.etag as string } })
  assert.equal(moved.statusCode, 307)
  assert.equal(moved.headers['cache-control'], 'no-store')
  assert.equal(moved.headers.location, `/digits/7.png?seed=42&v=${models.current.version}`)
  const second = await server.inject(moved.headers.location as string)
  assert.equal(second.statusCode, 200)
  assert.notDeepEqual(second.rawPayload, first.rawPayload)
})

const MAX_SEED = Number.MAX_SAFE_INTEGER

const INVALID = {
  'seed must be': ['/digits/-1.png', '/digits/1.5.png', '/digits/x.png', `/digits/${MAX_SEED + 1}.png`],
  'seed must': [
    '/digits.png?seed=-1',
    '/digits.png?seed=9007199254740993',
    '/digits.png?seed=',
    '/digits.png?seed=a',
  ],
  'count must': [
    '/digits.png?count=0',
    '/digits.png?count=257',
    '/digits.png?count=2.5',
    '/digits.png?count=1&count=2',
  ],
  'columns must': ['/digits.png?columns=0', '/digits.png?columns=257'],
  'scale must': [
    '/digits.png?scale=0',
    '/digits.png?scale=17',
    '/morph.gif?from=1&to=2&scale=17',
    '/morph.png?from=1&to=2&scale=0',
  ],
  'from must': ['/morph.gif?from=-1&to=2', `/morph.png?from=${MAX_SEED + 1}&to=2`],
  "required property 'from'": ['/morph.gif?to=2', '/morph.png?to=2'],
  "required property 'to'": ['/morph.gif?from=2', '/morph.png?from=2'],
  'to must': ['/morph.gif?from=1&to=x', '/morph.png?from=1&to=-2'],
  'frames must': ['/morph.gif?from=1&to=2&frames=1', '/morph.png?from=1&to=2&frames=121'],
  'delay must': ['/morph.gif?from=1&to=2&delay=19', '/morph.gif?from=1&to=2&delay=2001'],
  'v must': ['/digits/1.png?v=latest', '/morph.gif?from=1&to=2&v=1'],
  'labels must': [
    '/digits.png?labels=',
    '/digits.png?labels=1,',
    '/digits.png?labels=-1',
    '/digits.png?labels=1&labels=2',
    `/digits.png?labels=${Array(257).fill(1)}`,
  ],
  'label must': ['/morph.png?from=1&to=2&label=-1', '/morph.gif?from=1&to=2&label=1,2'],
  'cont is not known': ['/digits.png?cont=5'],
  'label is not known': ['/digits/1.png?label=5', '/digits.png?label=5'],
  'delay is not known': ['/morph.png?from=1&to=2&delay=50'],
  'are more than 1000000': [
    '/digits.png?count=256&scale=3',
    '/digits.png?count=17&columns=16&scale=16',
    '/morph.gif?from=1&to=2&frames=120&scale=4',
    '/morph.png?from=1&to=2&frames=120&scale=16',
  ],
}

test('every number has its limits, and the answer names it', async t => {
  const { server } = await testApp(t)
  for (const [message, urls] of Object.entries(INVALID)) {
    for (const url of urls) {
      const answer = await server.inject(url)
      assert.equal(answer.statusCode, 400, `${url} ${answer.body.slice(0, 200)}`)
      assert.ok(answer.json().message.includes(message), `${url} ${answer.body}`)
      assert.equal(answer.headers['cache-control'], 'no-store')
    }
  }
})

test('the limits themselves are allowed', async t => {
  const { server } = await testApp(t)
  const urls = [
    '/digits/0.png',
    `/digits/${MAX_SEED}.png`,
    `/digits.png?seed=${MAX_SEED}&count=256&columns=256`,
    '/digits.png?count=1&scale=16&columns=1',
    '/morph.gif?from=0&to=0&frames=2&delay=20',
    `/morph.png?from=${MAX_SEED}&to=0&frames=120`,
    '/morph.gif?from=0&to=1&frames=2&delay=2000&scale=16',
  ]
  for (const url of urls) assert.equal((await server.inject(url)).statusCode, 200, url)
})

test('an unknown address is answered with 404 as JSON', async t => {
  const { server } = await testApp(t)
  const answer = await server.inject('/nothing')
  assert.equal(answer.statusCode, 404)
  assert.equal(answer.json().message, 'There is nothing at GET /nothing')
})
