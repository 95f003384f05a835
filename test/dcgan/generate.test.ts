import { DCGAN, type GenerateProgress, type ImageBatch } from '../../lib/index'
import { run } from '../process/child'
import { equal, kept, tiny } from '../support/dcgan'
import { code, refused } from '../support/failure'

async function all(batches: AsyncIterable<ImageBatch>): Promise<ImageBatch[]> {
  const list: ImageBatch[] = []
  for await (const batch of batches) list.push(batch)
  return list
}

const pixelsOf = (batches: readonly ImageBatch[]) => Buffer.concat(batches.map(({ pixels }) => pixels))

test('generate() makes the images of sample() with the same seed, in batches of any size', async () => {
  const gan = tiny({ classes: 3 })
  const once = await gan.sample(10, { seed: 5 })
  for (const batch of [1, 4, 64]) {
    const batches = await all(gan.generate({ count: 10, seed: 5, batch }))
    expect(batches).toHaveLength(Math.ceil(10 / batch))
    expect(equal(pixelsOf(batches), once.pixels)).toBe(true)
    expect(batches.flatMap(({ labels }) => [...(labels as Uint8Array)])).toEqual([
      ...(once.labels as Uint8Array),
    ])
  }
})

test.each([
  ['balanced', [0, 1, 2, 0, 1]],
  [2, [2, 2, 2, 2, 2]],
  [
    [0, 0, 2, 1, 1],
    [0, 0, 2, 1, 1],
  ],
] as const)('labels %j', async (labels, expected) => {
  const gan = tiny({ classes: 3 })
  const batches = await all(gan.generate({ count: 5, batch: 2, seed: 1, labels }))
  expect(batches.flatMap(batch => [...(batch.labels as Uint8Array)])).toEqual(expected)
})

test('a model without classes generates images without labels', async () => {
  const [batch] = await all(tiny().generate({ count: 3 }))
  expect(batch).toMatchObject({ count: 3 })
  expect(batch).not.toHaveProperty('labels')
})

test('the loop may end early, and other requests are served in between', async () => {
  const gan = tiny()
  let seen = 0
  for await (const batch of gan.generate({ count: 1000, batch: 10 })) {
    seen += batch.count
    await gan.sample(1)
    if (seen === 20) break
  }
  expect(gan.stats.served).toBe(22)
})

test('onProgress gets the end, and what it throws or rejects with ends the loop', async () => {
  const gan = tiny()
  const reports: GenerateProgress[] = []
  await all(gan.generate({ count: 5, batch: 2, onProgress: progress => reports.push(progress) }))
  expect(reports.at(-1)).toMatchObject({
    done: 5,
    count: 5,
    etaSeconds: 0,
    imagesPerSecond: expect.any(Number),
  })
  const stop = new Error('stop')
  const failing = () => {
    throw stop
  }
  await expect(all(gan.generate({ count: 1, onProgress: failing }))).rejects.toBe(stop)
  const rejecting = () => Promise.reject(stop)
  await expect(all(gan.generate({ count: 1, onProgress: rejecting }))).rejects.toBe(stop)
})

test('a signal ends the loop with its reason, and so does dispose()', async () => {
  const gan = tiny()
  const controller = new AbortController()
  const reason = new Error('enough')
  const loop = async () => {
    for await (const _ of gan.generate({ count: 100, batch: 1, signal: controller.signal }))
      controller.abort(reason)
  }
  await expect(loop()).rejects.toBe(reason)
  const disposing = async () => {
    for await (const _ of gan.generate({ count: 100, batch: 1 })) await gan.dispose()
  }
  await refused(disposing(), 'ERR_DCGAN_DISPOSED')
  expect(() => gan.generate({ count: 1 })).toThrow(code('ERR_DCGAN_DISPOSED'))
})

test.each<[Record<string, unknown> | undefined, RegExp]>([
  [undefined, /an integer from 1 to 10000000 for count but received undefined/],
  [{ count: 0 }, /for count but received 0/],
  [{ count: 5, batch: 0 }, /for batch but received 0/],
  [{ count: 5, batch: 5000 }, /from 1 to 4096 \(maxQueue\) for batch/],
  [{ count: 5, labels: 'balanced' }, /nothing for labels but received "balanced": the model has no classes/],
  [{ count: 5, minConfidence: 0.9 }, /Unknown key "minConfidence"/],
  [{ count: 5, epochs: 1 }, /epochs is a hyper-parameter/],
])('bad options are refused at once: %j', (options, message) => {
  expect(() => tiny().generate(options as never)).toThrow(code('ERR_DCGAN_INVALID_ARGUMENT', message))
})

test('the digits of the shipped generator are balanced', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu', threads: 1 }))
  const batches = await all(gan.generate({ count: 30, seed: 1, labels: 'balanced' }))
  const labels = batches.flatMap(batch => [...(batch.labels as Uint8Array)])
  expect(labels.filter(label => label === 7)).toHaveLength(3)
})

test('batches that the loop has dropped are freed, although V8 lets 32 MiB of pixels wait', async () => {
  const { stdout } = await run(`
    ;(async () => {
      const gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
      let most = 0
      for await (const batch of gan.generate({ count: 20000, seed: 1 }))
        most = Math.max(most, process.memoryUsage().arrayBuffers)
      console.log(most / 2 ** 20)
    })()`)
  // Pixels and latent vectors of 20,000 images take 17.4 MiB.
  expect(Number(stdout)).toBeLessThan(10)
})
