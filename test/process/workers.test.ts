import { run } from './child'

const CLEAN = { code: 0, signal: null, stderr: '' }

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

test('a worker that is terminated with an epoch and requests under way', async () => {
  const ended = await run(
    inWorker(`
      const gan = model()
      gan.trainEpoch(images(40000), { onProgress: ({ step }) => { if (step === 1) parentPort.postMessage('terminate') } })
      for (let i = 0; i < 100; i++) gan.sample(30)
    `),
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'worker ended with 1\n' })
})

test('the main thread goes on with models of its own after a worker is gone', async () => {
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

test('processes of a cluster have models of their own', async () => {
  const ended = await run(`
    const cluster = require('node:cluster')
    if (cluster.isPrimary) {
      // The primary has LibTorch and its threads loaded already; a worker of a cluster is a new process.
      model().sample().then(() => {
        let left = 2
        for (let i = 0; i < 2; i++) cluster.fork()
        cluster.on('exit', (worker, code) => { console.log('ended with', code); if (--left === 0) process.exit(0) })
      })
    } else {
      model().sample(5, { seed: 2 }).then(({ count }) => { console.log(count); process.exit(0) })
    }
  `)
  expect(ended).toMatchObject(CLEAN)
  expect(ended.stdout.split('\n').sort()).toEqual(['', '5', '5', 'ended with 0', 'ended with 0'])
})
