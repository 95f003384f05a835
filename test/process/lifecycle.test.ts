import type { ChildProcess } from 'node:child_process'
import { CLEAN, run } from './child'

test('process.exit() in the middle of an epoch', async () => {
  const ended = await run(`
    model().trainEpoch(images(40000))
    setTimeout(() => process.exit(7), 300)
  `)
  expect(ended).toMatchObject({ ...CLEAN, code: 7 })
})

test('process.exit() in a callback of training', async () => {
  const ended = await run(`
    model().trainEpoch(images(40000), { onProgress: ({ step }) => { if (step > 1) process.exit(3) } })
  `)
  expect(ended).toMatchObject({ ...CLEAN, code: 3 })
})

test('process.exit() with samples, a save and a training under way', async () => {
  const ended = await run(`
    const gan = model()
    gan.trainEpoch(images(40000))
    for (let i = 0; i < 50; i++) gan.sample(20)
    gan.save(require('node:path').join(__dirname, 'model'))
    setImmediate(() => process.exit(0))
  `)
  expect(ended).toMatchObject(CLEAN)
})

test('a listener of the exit reads how far a model was, and makes no other one', async () => {
  const ended = await run(`
    const gan = model()
    process.on('exit', () => {
      console.log(gan.step, gan.epoch, gan.stats.served, gan.stats.waiting)
      try { model() } catch (error) { console.log(error.code) }
      gan.sample().catch(() => {})
    })
    gan.trainEpoch(images(8)).then(() => gan.sample(3)).then(() => {
      gan.sample(1000).catch(() => {})
      process.exit(2)
    })
  `)
  const stdout = expect.stringMatching(/^2 1 \d+ 0\nERR_DCGAN_DISPOSED\n$/)
  expect(ended).toMatchObject({ ...CLEAN, code: 2, stdout })
})

test("an 'exit' that other code emits ends neither training nor requests, and the true one does", async () => {
  const ended = await run(`
    const gan = model()
    const emit = () => process.emit('exit', 0)
    ;(async () => {
      const epoch = gan.trainEpoch(images(40), { onProgress: emit })
      const batch = await gan.sample(3)
      console.log((await epoch).steps, batch.count)
      emit()
      console.log((await model().sample()).count)
      gan.trainEpoch(images(40000))
      setTimeout(() => process.exit(5), 300)
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, code: 5, stdout: '10 3\n1\n' })
})

test('process.exit() when the first of many images is there, while the model trains', async () => {
  const ended = await run(`
    const gan = model({ maxBatch: 2 })
    gan.trainEpoch(images(40000))
    gan.sample().then(() => process.exit(4))
    for (let i = 0; i < 50; i++) gan.sample(20)
  `)
  expect(ended).toMatchObject({ ...CLEAN, code: 4 })
})

/** Trains, and answers requests without end. */
const BUSY = `
  const gan = model()
  const controller = new AbortController()
  const work = [gan.trainEpoch(images(40000), { signal: controller.signal })]
  let answered = 0
  let serving = true
  const client = async () => { while (serving) { await gan.sample(8); if (++answered === 50) console.log('busy') } }
  for (let i = 0; i < 16; i++) work.push(client())
`

/** Sends the signal as soon as the child is at work. */
const terminate = {
  onOutput: (text: string, child: ChildProcess) => void (text === 'busy\n' && child.kill('SIGTERM')),
}

test('SIGTERM under load ends the process as it does any other', async () => {
  const ended = await run(BUSY, terminate)
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '', stdout: 'busy\n' })
})

test('a server that ends by itself on SIGTERM answers all, and nothing keeps the process alive', async () => {
  const ended = await run(
    `${BUSY}
    process.once('SIGTERM', async () => {
      serving = false
      controller.abort()
      const results = await Promise.allSettled(work)
      console.log(results.map(({ reason }) => reason?.name ?? 'answered').join())
      await gan.dispose()
    })`,
    terminate,
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: `busy\nAbortError${',answered'.repeat(16)}\n` })
})

test('one that disposes of its model on SIGTERM rejects what is under way', async () => {
  const ended = await run(
    `${BUSY}
    process.once('SIGTERM', async () => {
      const codes = work.map(promise => promise.catch(error => error.code))
      await gan.dispose()
      console.log(...new Set(await Promise.all(codes)))
    })`,
    terminate,
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'busy\nERR_DCGAN_DISPOSED\n' })
})

test('an exception that nobody catches, in the middle of an epoch', async () => {
  const ended = await run(`
    model().trainEpoch(images(40000)).catch(() => {})
    setTimeout(() => { throw new Error('my own bug') }, 300)
  `)
  expect(ended).toMatchObject({ code: 1, signal: null })
  expect(ended.stderr).toContain('my own bug')
  expect(ended.stderr).not.toMatch(/terminate|abort|core dumped|Segmentation|FATAL/i)
})

test('abort in the middle of an epoch, then the natural end', async () => {
  const ended = await run(`
    const controller = new AbortController()
    const gan = model()
    setTimeout(() => controller.abort(), 300)
    gan.trainEpoch(images(40000), { signal: controller.signal }).catch(error => console.log(error.name))
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'AbortError\n' })
})

test('dispose() in the middle of an epoch, then the natural end', async () => {
  const ended = await run(`
    const gan = model()
    setTimeout(() => gan.dispose().then(() => console.log('disposed')), 300)
    gan.trainEpoch(images(40000)).catch(error => console.log(error.code))
  `)
  expect(ended).toMatchObject(CLEAN)
  expect(ended.stdout.split('\n').sort()).toEqual(['', 'ERR_DCGAN_DISPOSED', 'disposed'])
})

test('a model that is idle, or was never used, does not keep the process alive', async () => {
  const ended = await run(`
    const unused = model()
    const used = model()
    used.sample().then(batch => { console.log(batch.count); setTimeout(() => console.log('kept alive'), 20000).unref() })
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: '1\n' })
})

test('a promise that is pending keeps the process alive', async () => {
  const ended = await run(`
    const gan = model()
    gan.sample(300).then(batch => console.log('sampled', batch.count))
    gan.trainEpoch(images(40)).then(({ steps }) => console.log('trained', steps))
  `)
  expect(ended).toMatchObject(CLEAN)
  expect(ended.stdout.split('\n').sort()).toEqual(['', 'sampled 300', 'trained 10'])
})

test('a rejection is reported once: to its caller, or as unhandled if nobody listens', async () => {
  const ended = await run(`
    const nowhere = '/no/such/folder/file'
    /** Hands over a promise for everything that can reject, in each of its ways, and says how many there were. */
    const failures = async hear => {
      const controller = new AbortController()
      const { signal } = controller
      const aborted = { signal: AbortSignal.abort() }
      const serving = model({ maxBatch: 2, maxQueue: 2000 })
      const training = model()
      const gone = model()
      const batch = await serving.sample()
      const all = [
        training.trainEpoch(images(4000), { onProgress: async () => { throw new Error('my own bug') } }),
        training.trainEpoch(images(8)), training.train({ steps: 5 }), training.train({ dataset: nowhere }),
        serving.trainEpoch(images(4000), { signal }), serving.train({ ...aborted, outputDir: null }),
        gone.trainEpoch(images(4000)), gone.sample(2000), gone.save(nowhere), gone.saveGrid(nowhere),
        serving.sample(0), serving.sample(1, aborted), serving.sample(1500, { signal }), serving.sample(1500),
        serving.interpolate(1, 2, 1), serving.interpolate(1, 2, 9, aborted),
        serving.saveGrid(nowhere), serving.saveGrid(5), serving.save(nowhere), serving.save(5),
        DCGAN.load(nowhere), DCGAN.load(__filename), DCGAN.load(5),
        loadMnist(nowhere), animate(nowhere, nowhere), animate(5),
        batch.png(1), batch.grid({ columns: 0 }), batch.gif({ delay: 'x' }),
      ].map(hear)
      controller.abort()
      await Promise.all([gone.dispose(), gone.dispose()])
      all.push(...[gone.sample(), gone.train(), gone.trainEpoch(), gone.save('x'), gone.saveGrid('x')].map(hear))
      return all.length
    }
    const count = async listen => {
      let heard = 0
      let unhandled = 0
      const onUnhandled = () => unhandled++
      process.on('unhandledRejection', onUnhandled)
      const total = await failures(promise => void (listen && promise.catch(() => heard++)))
      while (heard + unhandled < total) await later(10)
      await later(200)
      process.off('unhandledRejection', onUnhandled)
      console.log(heard === total, unhandled === total)
    }
    count(true).then(() => count(false))
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true false\nfalse true\n' })
})

/** Threads and resident mebibytes of the process. */
const MEASURES = `
  const threads = () => require('node:fs').readdirSync('/proc/self/task').length
  const resident = () => process.memoryUsage().rss / 2 ** 20
`

test('models that are forgotten are freed by the garbage collector, their threads too', async () => {
  const ended = await run(
    `${MEASURES}
    const use = async count => {
      const models = Array.from({ length: count }, () => model())
      await Promise.all(models.map(gan => gan.sample()))
      return threads()
    }
    ;(async () => {
      const before = await use(1)
      console.log((await use(20)) >= before + 19)
      // Finalizers run when the event loop finds time for them.
      for (let tries = 0; threads() > before && tries < 500; tries++) { gc(); await later(20) }
      console.log(threads() <= before)
    })()`,
    { flags: ['--expose-gc'] },
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true\ntrue\n' })
})

test('models that are forgotten one after another are collected before they fill the memory', async () => {
  const ended = await run(`${MEASURES}
    ;(async () => {
      await model().sample()
      const before = { threads: threads(), resident: resident() }
      // Some 40 MiB each.
      for (let i = 0; i < 40; i++) { await model().sample(); await later(1) }
      console.log(threads() - before.threads < 20, resident() - before.resident < 900)
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true true\n' })
})

test('models that are disposed of leave no memory behind', async () => {
  const ended = await run(`${MEASURES}
    const use = async count => {
      for (let i = 0; i < count; i++) {
        const gan = model()
        await gan.trainEpoch(images(4))
        await gan.sample()
        await gan.dispose()
      }
      return resident()
    }
    ;(async () => {
      // Fifteen models have more than 800 MiB. The C library keeps some memory once; a leak continues.
      const growth = []
      for (let before = await use(15); growth.length < 4 && !(growth.at(-1) < 200); ) {
        const after = await use(15)
        growth.push(after - before)
        before = after
      }
      console.log(growth.at(-1) < 200 || growth)
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true\n' })
})

test('two hundred models in a process have a thread each, and weights where they are used', async () => {
  const ended = await run(`${MEASURES}
    ;(async () => {
      await model().sample()
      const before = { threads: threads(), resident: resident() }
      const models = Array.from({ length: 200 }, (_, seed) => model({ seed }))
      console.log(threads() - before.threads >= 199, threads() - before.threads < 220)
      console.log(resident() - before.resident < 200)
      const some = models.filter((_, i) => i % 40 === 0)
      const batches = await Promise.all(some.map(gan => gan.sample(2, { seed: 1 })))
      console.log(new Set(batches.map(({ pixels }) => Buffer.from(pixels).toString('hex'))).size)
      console.log(resident() - before.resident < 1000)
      await Promise.all(models.map(gan => gan.dispose()))
      console.log(threads() <= before.threads + 5)
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true true\ntrue\n5\ntrue\ntrue\n' })
})
