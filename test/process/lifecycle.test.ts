import { run } from './child'

/** Ended as it should, and said nothing of a crash. */
const CLEAN = { code: 0, signal: null, stderr: '' }

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

test('SIGTERM in the middle of an epoch ends the process as it does any other', async () => {
  const ended = await run(
    `model().trainEpoch(images(40000), { onProgress: ({ step }) => { if (step === 1) console.log('trains') } })`,
    { onOutput: (_, child) => child.kill('SIGTERM') },
  )
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '', stdout: 'trains\n' })
  expect(ended.seconds).toBeLessThan(20)
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

test('two models train and sample at once', async () => {
  const ended = await run(`
    const [a, b] = [model({ seed: 1 }), model({ seed: 2 })]
    Promise.all([a.trainEpoch(images(16)), b.trainEpoch(images(16)), a.sample(3), b.sample(3)])
      .then(([x, y, s, t]) => console.log(x.steps, y.steps, x.discLoss !== y.discLoss, s.count + t.count))
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: '4 4 true 6\n' })
})

test('a failure that is caught leaves no unhandled rejection behind', async () => {
  const ended = await run(`
    process.on('unhandledRejection', error => console.log('unhandled', error))
    const gan = model()
    const controller = new AbortController()
    const settled = [
      gan.trainEpoch(images(40000), { signal: controller.signal, onProgress: async () => { throw new Error('x') } }),
      gan.trainEpoch(images(8)),
      gan.sample(400, { signal: controller.signal }),
      gan.sample(0),
      gan.train({ dataset: '/no/such/folder' }),
      gan.save('/no/such/folder/file'),
    ]
    setTimeout(() => { controller.abort(); gan.dispose() }, 300)
    Promise.allSettled(settled).then(results => later(200).then(() =>
      console.log(results.filter(({ status }) => status === 'rejected').length)))
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: expect.stringMatching(/^[56]\n$/) })
})

test('models that are forgotten are freed by the garbage collector, their threads too', async () => {
  const ended = await run(
    `
    const threads = () => require('node:fs').readdirSync('/proc/self/task').length
    let models = Array.from({ length: 20 }, () => model())
    const collect = async () => { models = []; for (let i = 0; i < 5; i++) { gc(); await later(20) } }
    Promise.all(models.map(gan => gan.sample())).then(() => console.log(threads() > 20)).then(collect).then(() => console.log(threads() < 15))
  `,
    { flags: ['--expose-gc'] },
  )
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true\ntrue\n' })
})

test('models that are disposed of leave no memory behind', async () => {
  const ended = await run(`
    const use = async count => {
      for (let i = 0; i < count; i++) {
        const gan = model()
        await gan.trainEpoch(images(4))
        await gan.sample()
        await gan.dispose()
      }
      return process.memoryUsage().rss / 2 ** 20
    }
    use(15).then(before => use(15).then(after => console.log(after - before < 60)))
  `)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true\n' })
})
