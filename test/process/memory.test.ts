import { spawnSync } from 'node:child_process'
import { CLEAN, run } from './child'

/** `leave(mebibytes)` takes away all memory of the process but so much more than it has now. */
const LIMIT = `
  const { execFileSync } = require('node:child_process')
  const leave = mebibytes => {
    const size = Number(/VmSize:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
    const limit = mebibytes === Infinity ? 'unlimited' : size + mebibytes * 2 ** 20
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + limit + ':'])
  }
  const outcome = promise => promise.then(() => 'done', error => error.code + ' ' + error.message)
  const file = require('node:path').join(__dirname, 'file')
`

const hasLimits = spawnSync('prlimit', ['--version']).status === 0
const limited = hasLimits ? test : test.skip

limited('images that do not fit into memory reject, and nothing keeps the process alive', async () => {
  const ended = await run(`${LIMIT}
    ;(async () => {
      const gan = model()
      await gan.trainEpoch(images(8))
      const large = images(200000)
      leave(100)
      console.log(await outcome(gan.trainEpoch(large)))
      console.log(await outcome(gan.trainEpoch(images(8))), gan.epoch)
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'ERR_DCGAN_NATIVE Out of memory\ndone 2\n' })
})

limited('latent vectors that do not fit into memory reject', async () => {
  const ended = await run(`${LIMIT}
    ;(async () => {
      const gan = model({ latentDim: 100, maxQueue: 300000 })
      await gan.sample()
      const latents = new Float32Array(300000 * 100)
      leave(160)
      console.log(await outcome(gan.sample(300000, { latents })))
      console.log(await outcome(gan.sample()))
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'ERR_DCGAN_NATIVE Out of memory\ndone\n' })
})

limited('an answer that does not fit into memory rejects, and the model lives', async () => {
  // Its state takes 155 MiB in C++, and as much again in JavaScript.
  const ended = await run(`${LIMIT}
    ;(async () => {
      const gan = model({ latentDim: 1024 })
      await gan.trainEpoch(images(8))
      leave(240)
      console.log(await outcome(gan.save(file)))
      console.log(await outcome(gan.sample()))
      leave(Infinity)
      console.log(await outcome(gan.save(file)))
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'ERR_DCGAN_NATIVE Out of memory\ndone\ndone\n' })
})

limited('a checkpoint that does not fit into memory ends its run, and nothing waits for it', async () => {
  const ended = await run(`${LIMIT}
    ;(async () => {
      const gan = model({ latentDim: 1024 })
      await gan.trainEpoch(images(8))
      leave(240)
      const checkpoint = { path: file, everySteps: 1 }
      console.log(await outcome(gan.train({ dataset: images(400), outputDir: null, checkpoint })))
      console.log(await outcome(gan.trainEpoch(images(8))))
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'ERR_DCGAN_NATIVE Out of memory\ndone\n' })
})

test('a hundred saves at once hold the state in memory once, and each file is whole', async () => {
  const ended = await run(`
    const { join } = require('node:path')
    ;(async () => {
      const gan = model()
      await gan.save(join(__dirname, 'first'))
      const before = process.resourceUsage().maxRSS
      const files = Array.from({ length: 100 }, (_, i) => join(__dirname, 'file' + (i % 3)))
      await Promise.all(files.map((file, i) => gan.save(file, i % 2 === 0 ? {} : { only: 'generator' })))
      // A state takes 28.6 MB in C++ and as much in JavaScript; a hundred take gigabytes.
      console.log((process.resourceUsage().maxRSS - before) / 1024 < 300)
      const again = await Promise.all(files.slice(0, 3).map(file => DCGAN.load(file)))
      const pictures = await Promise.all([gan, ...again].map(each => each.sample(1, { seed: 1 })))
      console.log(new Set(pictures.map(({ pixels }) => Buffer.from(pixels).toString('hex'))).size)
    })()`)
  expect(ended).toMatchObject({ code: 0, stdout: 'true\n1\n' })
})

test('generate() of 200,000 digits holds memory within 20 MiB of its start', async () => {
  const { stdout } = await run(`
    const { memoryUsage } = process
    ;(async () => {
      const gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
      const start = memoryUsage().rss
      let most = 0
      for await (const batch of gan.generate({ count: 200000, labels: 'balanced' }))
        most = Math.max(most, memoryUsage().rss - start)
      console.log(most / 2 ** 20)
    })()`)
  expect(Number(stdout)).toBeLessThan(20)
})
