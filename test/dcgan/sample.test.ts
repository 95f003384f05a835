import { getEventListeners } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DCGAN, ImageBatch } from '../../lib/index'
import { type DecodedPng, decodePng } from '../images/decoders'
import { bars, equal, tiny } from '../support/dcgan'
import { failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'

const decoded = (file: string) => decodePng(readFileSync(file))

/** The 28×28 cell of a picture of such cells. */
function cell({ width, levels }: DecodedPng, row: number, column: number): Uint8Array {
  const at = (i: number) => (row * 28 + Math.floor(i / 28)) * width + column * 28 + (i % 28)
  return Uint8Array.from({ length: 784 }, (_, i) => levels[at(i)] as number)
}

/** Standard normal numbers, from the latents that a seed draws, by Box and Muller. */
function normal(count: number): Float32Array {
  let state = 1
  const uniform = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  )
}

test('sample() makes one image by default, and as many as are requested', async () => {
  const gan = tiny()
  expect(await gan.sample()).toMatchObject({ count: 1, width: 28, height: 28 })
  const batch = await gan.sample(5)
  expect(batch).toBeInstanceOf(ImageBatch)
  expect(batch.pixels.length).toBe(5 * 784)
})

test('the same seed gives the same images, whatever else is requested', async () => {
  const gan = tiny({ maxBatch: 8 })
  const alone = await gan.sample(3, { seed: 42 })
  const many = await Promise.all([
    gan.sample(7, { seed: 1 }),
    gan.sample(3, { seed: 42 }),
    gan.sample(1, { seed: 42 }),
    gan.sample(20, { seed: 42 }),
  ])
  expect(equal(many[1].pixels, alone.pixels)).toBe(true)
  expect(equal(many[2].pixels, alone.image(0))).toBe(true)
  expect(equal(many[3].pixels.subarray(0, 3 * 784), alone.pixels)).toBe(true)
  expect(equal(many[0].image(0), alone.image(0))).toBe(false)
})

test('without a seed the images differ from call to call', async () => {
  const gan = tiny()
  const [a, b] = await Promise.all([gan.sample(), gan.sample()])
  expect(equal(a.pixels, b.pixels)).toBe(false)
})

test('seeds use all of their 53 bits', async () => {
  const gan = tiny()
  const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]
  const images = await Promise.all(seeds.map(seed => gan.sample(1, { seed })))
  expect(new Set(images.map(batch => Buffer.from(batch.pixels).toString('hex'))).size).toBe(seeds.length)
})

test('given latent vectors are used as they are, copied, and in their order', async () => {
  const gan = tiny()
  const latents = normal(16)
  const expected = await gan.sample(2, { latents })
  const swapped = Float32Array.from([...latents.subarray(8), ...latents.subarray(0, 8)])
  const pending = gan.sample(2, { latents: swapped })
  swapped.fill(0)
  const batch = await pending
  expect(equal(batch.image(0), expected.image(1))).toBe(true)
  expect(equal(batch.image(1), expected.image(0))).toBe(true)
})

test.each<[Parameters<DCGAN['sample']>, RegExp]>([
  [[0], /integer from 1 to 1000000 for count but received 0$/],
  [[1.5], /for count but received 1\.5$/],
  [['3' as never], /for count but received "3"$/],
  [[Number.NaN], /for count but received NaN$/],
  [[1_000_001], /for count but received 1000001$/],
  [[1, null as never], /Expected an object for the options of sample\(\) but received null$/],
  [[1, { sed: 1 } as never], /Unknown key "sed".*Did you mean seed\?/],
  [[1, { seed: -1 }], /for seed but received -1$/],
  [[1, { seed: 0.5 }], /for seed but received 0\.5$/],
  [[1, { seed: null as never }], /for seed but received null$/],
  [[1, { latents: [1] as never }], /Float32Array of 8 .*for latents but received an array of 1$/],
  [[1, { latents: new Float64Array(8) as never }], /received a Float64Array of 8$/],
  [[2, { latents: new Float32Array(8) }], /Float32Array of 16 .*received a Float32Array of 8$/],
  [[1, { latents: new Float32Array(8).fill(Number.NaN, 3) }], /for latents\[3\] but received NaN$/],
  [[1, { latents: new Float32Array(8), seed: 1 }], /nothing for seed but received 1: latents are given too$/],
  [[1, { signal: {} as never }], /an AbortSignal for signal/],
])('bad arguments are refused: %p', async (args, message) => {
  await invalid(tiny().sample(...args), message)
})

test('a signal that has aborted rejects with its reason', async () => {
  const reason = new Error('enough')
  expect(await failure(tiny().sample(1, { signal: AbortSignal.abort(reason) }))).toBe(reason)
})

test('a request that waits is taken back by its signal, and the others are served', async () => {
  const gan = tiny({ maxBatch: 8 })
  const controller = new AbortController()
  const first = gan.sample(400, { seed: 1 })
  const aborted = failure(gan.sample(50, { seed: 2, signal: controller.signal }))
  const last = gan.sample(2, { seed: 3 })
  controller.abort()
  expect((await aborted).name).toBe('AbortError')
  expect((await first).count).toBe(400)
  expect((await last).pixels).toEqual((await gan.sample(2, { seed: 3 })).pixels)
  expect(gan.stats.served).toBe(404)
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
})

test('a signal is left without listeners when its request was served', async () => {
  const controller = new AbortController()
  await tiny().sample(1, { signal: controller.signal })
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
})

test('beyond maxQueue waiting images a request is refused at once, and later ones are served', async () => {
  const gan = tiny({ maxBatch: 4, maxQueue: 100 })
  const large = gan.sample(100, { seed: 1 })
  await refused(
    Promise.all(Array.from({ length: 10 }, () => gan.sample(50))),
    'ERR_DCGAN_OVERLOADED',
    'maxQueue is 100',
  )
  expect((await large).count).toBe(100)
  expect((await gan.sample(50)).count).toBe(50)
})

test('a request of more images than maxQueue is refused, though nothing waits', async () => {
  const gan = tiny({ maxQueue: 64 })
  const file = join(folder(), 'never.png')
  for (const call of [
    gan.sample(65),
    gan.sample(3000, { seed: 1 }),
    gan.interpolate(1, 2, 65),
    gan.saveGrid(file, { count: 65 }),
    gan.saveGrid(file, { latents: normal(520) }),
  ]) {
    await refused(
      call,
      'ERR_DCGAN_OVERLOADED',
      /^(65|3000) images were requested, and maxQueue is 64: .*raise maxQueue$/,
    )
  }
  expect(gan.stats).toEqual({ waiting: 0, served: 0, forwards: 0, lastBatch: 0 })
  expect((await gan.sample(64)).count).toBe(64)
  expect(existsSync(file)).toBe(false)
})

test('the fixed latents are drawn, however small maxQueue is', async () => {
  const file = join(folder(), 'grid.png')
  await tiny({ maxQueue: 1, outputDim: 3 }).saveGrid(file)
  expect(decoded(file).width).toBe(84)
})

test('requests that wait together share forwards of at most maxBatch images', async () => {
  const gan = tiny({ maxBatch: 16 })
  await gan.sample()
  const before = gan.stats
  await Promise.all(Array.from({ length: 64 }, (_, seed) => gan.sample(1, { seed })))
  const { served, forwards, waiting, lastBatch } = gan.stats
  expect(served - before.served).toBe(64)
  expect(forwards - before.forwards).toBeLessThan(64)
  expect(forwards - before.forwards).toBeGreaterThanOrEqual(4)
  expect(waiting).toBe(0)
  expect(lastBatch).toBeLessThanOrEqual(16)
})

test('interpolate takes its options in the place of the frames, which are then sixteen', async () => {
  const gan = tiny({ classes: 3 })
  const path = await gan.interpolate(1, 2, { label: 2 })
  expect([path.count, path.labels?.at(-1)]).toEqual([16, 2])
  expect(equal(path.pixels, (await gan.interpolate(1, 2, 16, { label: 2 })).pixels)).toBe(true)
})

test('interpolation starts and ends with the seeds own images and moves between them', async () => {
  const gan = tiny()
  const path = await gan.interpolate(1, 2, 7)
  const [from, to] = await Promise.all([gan.sample(1, { seed: 1 }), gan.sample(1, { seed: 2 })])
  expect(path.count).toBe(7)
  expect(equal(path.image(0), from.pixels)).toBe(true)
  expect(equal(path.image(6), to.pixels)).toBe(true)
  for (let i = 1; i < 7; i++) expect(equal(path.image(i), path.image(i - 1))).toBe(false)
  const still = await gan.interpolate(5, 5, 3)
  expect(equal(still.image(1), still.image(0))).toBe(true)
})

test.each([
  [[-1, 2], /for fromSeed but received -1$/],
  [[1, '2'], /for toSeed but received "2"$/],
  [[1, 2, 1], /integer from 2 to 10000 for frames but received 1$/],
  [[1, 2, 4, { seed: 1 }], /Unknown key "seed" in the options of interpolate\(\)/],
])('bad arguments of interpolate are refused: %p', async (args, message) => {
  await invalid(tiny().interpolate(...(args as [number, number])), message)
})

describe('saveGrid', () => {
  test('writes the fixed latents down the columns, the same at every call', async () => {
    const gan = tiny({ outputDim: 3 })
    const [a, b] = [join(folder(), 'a.png'), join(folder(), 'b.png')]
    await gan.saveGrid(a)
    await gan.sample(3)
    await gan.saveGrid(b)
    const picture = decoded(a)
    expect([picture.width, picture.height]).toEqual([84, 84])
    expect(decoded(b)).toEqual(picture)
    expect(
      new Set(Array.from({ length: 9 }, (_, i) => String(cell(picture, i % 3, Math.floor(i / 3))))).size,
    ).toBe(9)
  })

  test('writes the images of a seed row by row', async () => {
    const gan = tiny()
    const file = join(folder(), 'grid.png')
    await gan.saveGrid(file, { seed: 9, count: 6, columns: 3 })
    const batch = await gan.sample(6, { seed: 9 })
    const picture = decoded(file)
    expect([picture.width, picture.height]).toEqual([84, 56])
    for (let i = 0; i < 6; i++)
      expect(equal(cell(picture, Math.floor(i / 3), i % 3), batch.image(i))).toBe(true)
  })

  test('writes the images of latent vectors, enlarged by scale', async () => {
    const gan = tiny()
    const file = join(folder(), 'grid.png')
    const latents = normal(32)
    await gan.saveGrid(file, { latents, columns: 4, scale: 3 })
    const picture = decoded(file)
    expect([picture.width, picture.height]).toEqual([4 * 84, 84])
    const batch = await gan.sample(4, { latents })
    expect(picture.levels[3 * 84 + 1]).toBe(batch.image(1)[0])
  })

  test.each([
    [{ colums: 3 }, /Unknown key "colums".*Did you mean columns\?/],
    [{ columns: 0 }, /for columns but received 0$/],
    [{ scale: 0.5 }, /for scale but received 0\.5$/],
    [{ latents: new Float32Array(12) }, /Float32Array of 8 .*received a Float32Array of 12$/],
    [{ latents: new Float32Array(0) }, /for latents but received a Float32Array of 0$/],
    [{ count: 0, seed: 1 }, /for count but received 0$/],
  ])('refuses %p', async (options, message) => {
    await invalid(tiny().saveGrid(join(folder(), 'grid.png'), options as never), message)
  })

  test.each([
    { count: 30_000 },
    { seed: 1, count: 22_000 },
    { scale: 100 },
    { columns: 1_000_000 },
    { latents: new Float32Array(8), scale: 1000 },
  ])('a picture that is too large is refused before any of it is made: %p', async options => {
    const gan = tiny()
    await invalid(
      gan.saveGrid(join(folder(), 'grid.png'), options),
      /^A picture of \d+×\d+ pixels is larger than the 16777216 pixels/,
    )
    expect(gan.stats).toEqual({ waiting: 0, served: 0, forwards: 0, lastBatch: 0 })
  })

  test('a folder that is missing and a bad path are named', async () => {
    const gan = tiny()
    const error = await failure(gan.saveGrid(join(folder(), 'none', 'grid.png')))
    expect(error.code).toBe('ERR_DCGAN_IO')
    expect(error.message).toContain('none')
    expect(error.cause).toBeDefined()
    await invalid(gan.saveGrid(''))
    expect((await failure(gan.saveGrid(5 as never))).message).toMatch(/a path for file but received 5$/)
  })
})

test('sampling while the model trains is served between its steps, and disturbs nothing', async () => {
  const straight = await tiny().trainEpoch(bars(24))
  const gan = tiny()
  let during = 0
  const epoch = gan.trainEpoch(bars(24))
  let running = true
  void epoch.finally(() => {
    running = false
  })
  while (running) {
    expect((await gan.sample(2, { seed: 5 })).count).toBe(2)
    if (gan.epoch === 0) during++
  }
  const result = await epoch
  expect(during).toBeGreaterThan(0)
  expect(result.discLosses).toEqual(straight.discLosses)
  expect(result.genLosses).toEqual(straight.genLosses)
})

test('truncation is the factor of the latent vectors, drawn, given, fixed or between two seeds', async () => {
  const gan = tiny({ latentDim: 6 })
  const own = normal(2 * 6)
  const half = own.map(value => value / 2)
  const [given, halves] = [
    await gan.sample(2, { latents: own, truncation: 0.5 }),
    await gan.sample(2, { latents: half }),
  ]
  expect(equal(given.pixels, halves.pixels)).toBe(true)
  const [drawn, one] = [
    await gan.sample(2, { seed: 4, truncation: 0.5 }),
    await gan.sample(2, { seed: 4, truncation: 1 }),
  ]
  expect(equal(one.pixels, (await gan.sample(2, { seed: 4 })).pixels)).toBe(true)
  expect(equal(drawn.pixels, one.pixels)).toBe(false)
  const way = await gan.interpolate(4, 5, { truncation: 0.5 })
  expect(equal(way.image(0), drawn.image(0))).toBe(true)

  const still = await gan.sample(1, { truncation: 0, seed: 1 })
  const picture = async (name: string, options?: object) => {
    const file = join(folder(), name)
    await gan.saveGrid(file, options)
    return decoded(file)
  }
  const fixed = await picture('fixed.png', { truncation: 0 })
  for (const [row, column] of [
    [0, 0],
    [1, 1],
  ] as const)
    expect(equal(cell(fixed, row, column), still.pixels)).toBe(true)
  const seeded = await picture('seeded.png', { seed: 4, count: 2, truncation: 0.5 })
  expect(equal(cell(seeded, 0, 0), drawn.image(0))).toBe(true)
  expect(await picture('one.png', { truncation: 1 })).toEqual(await picture('all.png'))
})

test.each([[-0.1], [10.5], [Number.NaN], ['1']])('a truncation of %p is refused', async truncation => {
  const gan = tiny()
  const options = { truncation: truncation as number }
  for (const call of [
    gan.sample(1, options),
    gan.saveGrid('never.png', options),
    gan.interpolate(1, 2, options),
  ]) {
    await invalid(call, /^Expected a number from 0 to 10 for truncation but received /)
  }
})
