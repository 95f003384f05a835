import { CLEAN, run } from './child'

/** Runs `body` in a worker, and `after` in the main thread when it has ended. */
function inWorker(body: string, after = "console.log('worker ended with', code)"): string {
  return `
    const { Worker, isMainThread, parentPort } = require('node:worker_threads')
    if (isMainThread) {
      const worker = new Worker(__filename)
      worker.on('message', message => { if (message === 'terminate') worker.terminate() })
      worker.on('error', error => console.log('worker failed', error))
      worker.on('exit', async code => { ${after} })
    } else {
      ${body}
    }
  `
}

test('a worker trains and ends by itself', async () => {
  const ended = await run(inWorker(`model().trainEpoch(images(12)).then(({ steps }) => console.log(steps))`))
  expect(ended).toMatchObject(CLEAN)
  expect(ended.stdout.split('\n').sort()).toEqual(['', '3', 'worker ended with 0'])
})

test('a worker that exits in the middle of an epoch, in a timer and in a callback', async () => {
  const timer = await run(
    inWorker(`model().trainEpoch(images(40000)); setTimeout(() => process.exit(0), 300)`),
  )
  expect(timer).toMatchObject({ ...CLEAN, stdout: 'worker ended with 0\n' })
  const callback = await run(
    inWorker(
      `model().trainEpoch(images(40000), { onProgress: ({ step }) => { if (step > 1) process.exit(5) } })`,
    ),
  )
  expect(callback).toMatchObject({ ...CLEAN, stdout: 'worker ended with 5\n' })
})

test('a worker that exits when the first of many requests is answered', async () => {
  const ended = await run(
    inWorker(`
      const gan = model({ maxBatch: 2 })
      for (let i = 0; i < 100; i++) gan.sample(20, { seed: i }).then(() => process.exit(6))
    `),
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'worker ended with 6\n' })
})

test('a worker that ends by an exception, with an epoch and requests under way', async () => {
  const ended = await run(
    inWorker(`
      const gan = model({ maxBatch: 2 })
      gan.trainEpoch(images(40000))
      for (let i = 0; i < 100; i++) gan.sample(20)
      gan.sample().then(() => setImmediate(() => { throw new Error('my own bug') }))
    `),
  )
  expect(ended).toMatchObject(CLEAN)
  expect(ended.stdout).toMatch(/^worker failed Error: my own bug[\s\S]*worker ended with 1\n$/)
})

test('a worker that is terminated with requests under way, and with an epoch at the same time', async () => {
  const requests = `
    const gan = model({ maxBatch: 2 })
    for (let i = 0; i < 100; i++) gan.sample(20).then(() => i === 0 && parentPort.postMessage('terminate'))
  `
  const serving = await run(inWorker(requests))
  expect(serving).toMatchObject({ ...CLEAN, stdout: 'worker ended with 1\n' })
  const training = await run(inWorker(`${requests}; gan.trainEpoch(images(40000))`))
  expect(training).toMatchObject({ ...CLEAN, stdout: 'worker ended with 1\n' })
})

test('the main thread continues with models of its own after a worker is gone', async () => {
  const ended = await run(
    inWorker(
      `model().trainEpoch(images(40000)); setTimeout(() => process.exit(0), 200)`,
      `
        const gan = model()
        const { steps } = await gan.trainEpoch(images(8))
        const { count } = await gan.sample(3)
        await gan.dispose()
        console.log(steps, count)
      `,
    ),
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: '2 3\n' })
})

test('several workers and the main thread at once get the same images for the same seed', async () => {
  const ended = await run(`
    const { Worker, isMainThread, parentPort } = require('node:worker_threads')
    const { createHash } = require('node:crypto')
    const hash = async () => {
      const { pixels } = await model().sample(20, { seed: 1 })
      return createHash('sha256').update(pixels).digest('hex')
    }
    if (isMainThread) {
      const workers = [1, 2, 3].map(() => new Worker(__filename))
      const hashes = workers.map(worker => new Promise(resolve => worker.once('message', resolve)))
      Promise.all([hash(), ...hashes]).then(all => console.log(all.length, new Set(all).size))
    } else {
      hash().then(value => parentPort.postMessage(value))
    }
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: '4 1\n' })
})
