import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  parseEvents,
  post,
  type Server,
  saveModel,
  scratch,
  send,
  spawnServer,
  startServer,
  TOKEN,
  UNFINISHED,
  until,
} from './support.js'

const waiting = async (url: string) =>
  Number(/^dcgan_queue_images (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1])

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} under load: requests in flight are answered, and the process ends with 0`, async t => {
    const model = join(scratch(t), 'model.safetensors')
    await saveModel(model, 1)
    const server = await startServer(t, { MODEL: model, MAX_QUEUE: '10000', SHUTDOWN_SECONDS: '300' })
    // Enough images to wait for while the signal comes.
    const answers = Array.from({ length: 20 }, (_, seed) =>
      fetch(`${server.url}/digits.png?count=60&seed=${seed}`),
    )
    await until(async () => (await waiting(server.url)) > 100, 'a queue')
    server.child.kill(signal)
    for (const answer of await Promise.all(answers)) {
      assert.equal(answer.status, 200)
      assert.equal(Buffer.from(await answer.arrayBuffer()).toString('latin1', 1, 4), 'PNG')
    }
    assert.equal(await server.ended, 0, server.log.join('\n'))
    await assert.rejects(fetch(`${server.url}/healthz`), 'nobody listens any more')
  })
}

test('SIGTERM during training: the run stops after its step, and its stream says so', async t => {
  const model = join(scratch(t), 'model.safetensors')
  await saveModel(model, 1)
  const server = await startServer(t, { MODEL: model, TRAINING_TOKEN: TOKEN })
  const response = await post(server.url, { epochs: 50 })
  let text = ''
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(part).toString()
    if (!server.child.killed && text.includes('event: progress')) server.child.kill('SIGTERM')
  }
  assert.equal(parseEvents(text).at(-1)?.event, 'stopped')
  assert.equal(await server.ended, 0, server.log.join('\n'))
})

test('SIGTERM ends connections without a complete request at once, and the process with 0', async t => {
  const model = join(scratch(t), 'model.safetensors')
  await saveModel(model, 1)
  const server = await startServer(t, { MODEL: model, TRAINING_TOKEN: TOKEN })
  for (const bytes of Object.values(UNFINISHED)) {
    await Promise.all(Array.from({ length: 50 }, () => send(t, server.url, bytes)))
  }
  // One is kept after its answer, and one reads none of its many answers.
  assert.equal((await fetch(`${server.url}/digits/1.png`)).status, 200)
  const deaf = await send(t, server.url, 'GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5000))
  deaf.pause()
  assert.equal((await fetch(`${server.url}/digits/2.png`)).status, 200)
  server.child.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.log.join('\n'))
})

test('a signal during the start: SIGHUP loads the current model file, SIGTERM ends the process with 0', async t => {
  const folder = scratch(t)
  const model = join(folder, 'model.safetensors')
  await saveModel(model, 1)
  const server = spawnServer(t, { MODEL: model })
  await starting(server)
  await saveModel(join(folder, 'next.safetensors'), 2)
  await rename(join(folder, 'next.safetensors'), model)
  server.child.kill('SIGHUP')
  await Promise.race([server.logged('is served now'), server.ended])
  assert.match(server.log.join('\n'), /Reloaded: version/)
  server.child.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.log.join('\n'))

  const other = spawnServer(t, { MODEL: model })
  await starting(other)
  other.child.kill('SIGTERM')
  assert.equal(await other.ended, 0, other.log.join('\n'))
})

/** Waits until the process listens to SIGHUP or loads LibTorch, whichever is first. */
async function starting({ child }: Pick<Server, 'child'>): Promise<void> {
  const read = (name: string) => readFile(`/proc/${child.pid}/${name}`, 'utf8')
  await until(async () => {
    const caught = Number.parseInt(
      /^SigCgt:\s+([\da-f]+)$/m.exec(await read('status'))?.[1]?.slice(-1) ?? '',
      16,
    )
    return (caught & 1) === 1 || (await read('maps')).includes('libtorch')
  }, 'the process to start')
}

test('DRAIN_SECONDS: /healthz answers 503, and all other requests are answered until then', async t => {
  const model = join(scratch(t), 'model.safetensors')
  await saveModel(model, 1)
  const server = await startServer(t, { MODEL: model, DRAIN_SECONDS: '1' })
  server.child.kill('SIGTERM')
  await until(async () => (await fetch(`${server.url}/healthz`)).status === 503, 'the health to say so')
  assert.equal((await fetch(`${server.url}/digits/1.png`)).status, 200)
  assert.equal(await server.ended, 0)
})

test('a reload under load fails no request, and changes the pictures', async t => {
  const folder = scratch(t)
  const model = join(folder, 'model.safetensors')
  await saveModel(model, 1)
  const server = await startServer(t, { MODEL: model })
  const pictures = new Map<string, Set<string>>()
  let done = false
  let requests = 0
  const client = async () => {
    while (!done) {
      const answer = await fetch(`${server.url}/digits/5.png`)
      assert.equal(answer.status, 200)
      const etag = answer.headers.get('etag') as string
      const picture = Buffer.from(await answer.arrayBuffer()).toString('base64')
      pictures.set(etag, (pictures.get(etag) ?? new Set()).add(picture))
      requests++
    }
  }
  const clients = Promise.all(Array.from({ length: 16 }, client))
  for (const seed of [2, 3, 4]) {
    await saveModel(join(folder, 'next.safetensors'), seed)
    await rename(join(folder, 'next.safetensors'), model)
    const seen = pictures.size
    server.child.kill('SIGHUP')
    await until(() => pictures.size > seen, 'the new model')
  }
  done = true
  await clients
  assert.equal(pictures.size, 4)
  assert.ok(requests > 50)
  assert.ok(
    [...pictures.values()].every(({ size }) => size === 1),
    'an ETag stands for one picture',
  )
  assert.equal(new Set([...pictures.values()].flatMap(set => [...set])).size, 4)
  server.child.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.log.join('\n'))
})

test('a reload that fails leaves the old model', async t => {
  const model = join(scratch(t), 'model.safetensors')
  await saveModel(model, 1)
  const server = await startServer(t, { MODEL: model })
  const before = await (await fetch(`${server.url}/model`)).json()
  await writeFile(model, 'not a model')
  server.child.kill('SIGHUP')
  await server.logged('ERR_DCGAN_BAD_CHECKPOINT')
  assert.deepEqual(await (await fetch(`${server.url}/model`)).json(), before)
  assert.equal((await fetch(`${server.url}/digits/1.png`)).status, 200)
})

test('an error at the start is logged, and the process ends with 1', async t => {
  const port = spawnServer(t, { PORT: 'many' })
  assert.equal(await port.ended, 1)
  assert.match(port.log.join('\n'), /PORT must be an integer from 0 to 65535, but is "many"/)
  const model = spawnServer(t, { MODEL: '/nowhere/model.safetensors' })
  assert.equal(await model.ended, 1)
  assert.match(model.log.join('\n'), /ERR_DCGAN_(IO|BAD_CHECKPOINT)/)
})
