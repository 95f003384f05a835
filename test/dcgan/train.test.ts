import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, type Progress, type TrainingImages } from '../../lib/index'
import { decodeGif, decodePng } from '../images/decoders'
import { bars, equal, kept, stopAt, tiny } from '../support/dcgan'
import { failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'
import { ARITHMETICS, computeIn } from '../training/arithmetic'

const names = (paths: string[]) => paths.map(path => path.split('/').at(-1))

test('train() writes the snapshots that the schedule names, and the GIF of them in their order', async () => {
  const out = join(folder(), 'made', 'deep')
  const gan = tiny({ epochs: 2, verboseFreq: 3 })
  const result = await gan.train({ dataset: bars(17), outputDir: out })

  // 17 images in fours: the odd one sits out, so 4 steps an epoch.
  const expected = [0, 3, 6, 8].map(step => `dcgan_steps_${String(step).padStart(6, '0')}.png`)
  expect(names(result.snapshots)).toEqual(expected)
  expect(readdirSync(out).sort()).toEqual([...expected, 'output.gif'])
  expect(result).toMatchObject({ step: 8, epoch: 2, gif: join(out, 'output.gif') })
  expect([gan.step, gan.epoch]).toEqual([8, 2])

  const pictures = result.snapshots.map(path => decodePng(readFileSync(path)))
  for (const picture of pictures)
    expect([picture.width, picture.height, picture.grey]).toEqual([56, 56, true])
  const gif = decodeGif(readFileSync(result.gif as string))
  expect(gif.frames.map(frame => frame.levels)).toEqual(pictures.map(picture => picture.levels))
  expect(new Set(pictures.map(picture => String(picture.levels))).size).toBe(4)

  // The last one is what the model makes now.
  const grid = join(folder(), 'grid.png')
  await gan.saveGrid(grid)
  expect(decodePng(readFileSync(grid)).levels).toEqual(pictures.at(-1)?.levels)
})

test('a snapshot shows the model right after its step, whatever runs on meanwhile', async () => {
  const [one, two] = [folder(), folder()]
  const short = await tiny({ epochs: 1, verboseFreq: 1000 }).train({ dataset: bars(4), outputDir: one })
  await tiny({ epochs: 1, verboseFreq: 1000 }).train({ dataset: bars(4), outputDir: two })
  const long = await tiny({ epochs: 4, verboseFreq: 1 }).train({ dataset: bars(4), outputDir: two })
  // Step 0's snapshot, and the one after a run of that single step.
  const [first] = long.snapshots
  expect(readFileSync(first as string)).toEqual(readFileSync(short.snapshots[0] as string))
  expect(readFileSync(short.snapshots[1] as string)).toEqual(readFileSync(short.snapshots[0] as string))
})

test('a fresh run leaves the snapshots of other runs in the folder out of its GIF', async () => {
  const out = folder()
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'dcgan_steps_000777.png'), 'no picture')
  writeFileSync(join(out, 'notes.txt'), 'mine')
  const result = await tiny({ epochs: 1 }).train({ dataset: bars(4), outputDir: out })
  expect(decodeGif(readFileSync(result.gif as string)).frames).toHaveLength(2)
  expect(readdirSync(out)).toContain('notes.txt')
})

test('a run that continues takes up the snapshots before it', async () => {
  const out = folder()
  const gan = tiny({ epochs: 2, verboseFreq: 2 })
  await failure(gan.train({ dataset: bars(16), outputDir: out, ...stopAt(3) }))
  const result = await gan.train({ dataset: bars(16), outputDir: out })
  expect(names(result.snapshots).at(-1)).toBe('dcgan_steps_000008.png')
  const whole = readdirSync(out).filter(name => name.endsWith('.png'))
  expect(whole).toEqual([0, 2, 4, 6, 8].map(step => `dcgan_steps_${String(step).padStart(6, '0')}.png`))
  expect(result.snapshots.length).toBeLessThan(5)
  expect(decodeGif(readFileSync(result.gif as string)).frames).toHaveLength(5)
})

describe('among the snapshots before a run that continues', () => {
  /** A model that has made two of three epochs of one step, and the folder of its snapshots. */
  async function begun(): Promise<{ gan: DCGAN; out: string }> {
    const out = folder()
    const file = join(folder(), 'state.safetensors')
    const first = tiny({ epochs: 2, verboseFreq: 1 })
    await first.train({ dataset: bars(4), outputDir: out })
    await first.save(file)
    return { gan: kept(await DCGAN.load(file, { epochs: 3 })), out }
  }

  test('a pipe, a folder and a link that leads nowhere are left out, without waiting for a writer', async () => {
    const { gan, out } = await begun()
    const others = await begun()
    for (const [i, make] of [
      (path: string) => execFileSync('mkfifo', [path]),
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync('nowhere', path),
    ].entries()) {
      const path = join(out, `dcgan_steps_00000${i}.png`)
      rmSync(path, { force: true })
      make(path)
    }
    const { gif } = await gan.train({ dataset: bars(4), outputDir: out })
    // The run writes steps 2 and 3 itself, step 2 through the link.
    expect(decodeGif(readFileSync(gif as string)).frames).toHaveLength(2)
    const untouched = await others.gan.train({ dataset: bars(4), outputDir: others.out })
    expect(decodeGif(readFileSync(untouched.gif as string)).frames).toHaveLength(4)
  })

  test('one that cannot be read is an error before the first step, not a frame less', async () => {
    const { gan, out } = await begun()
    const path = join(out, 'dcgan_steps_000001.png')
    rmSync(path)
    symlinkSync('dcgan_steps_000001.png', path)
    const error = await failure(gan.train({ dataset: bars(4), outputDir: out }))
    expect(error).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code: 'ELOOP' } })
    expect(error.message).toContain(path)
    expect(gan.step).toBe(2)
  })
})

test('a run that ends while the queue is full gets its last picture', async () => {
  const gan = tiny({ epochs: 1, maxQueue: 200, maxBatch: 1 })
  const waiting: Promise<unknown>[] = []
  // Images that wait at every moment of the run, so that its last picture meets a full queue.
  const flood = setInterval(() => waiting.push(gan.sample(200).catch(() => {})), 1)
  const result = await gan.train({ dataset: bars(8), outputDir: folder() })
  clearInterval(flood)
  await Promise.all(waiting)
  expect(result.snapshots).toHaveLength(2)
})

test('the epochs result has every loss, their means and the speed', async () => {
  const gan = tiny({ epochs: 2 })
  const result = await gan.train({ dataset: bars(10), outputDir: null })
  expect(result.epochs.map(({ epoch, steps }) => [epoch, steps])).toEqual([
    [1, 3],
    [2, 3],
  ])
  for (const epoch of result.epochs) {
    expect(epoch.discLosses).toBeInstanceOf(Float32Array)
    expect(epoch.discLosses).toHaveLength(3)
    expect(epoch.genLosses).toHaveLength(3)
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(epoch.discLoss).toBeCloseTo(mean(epoch.discLosses), 10)
    expect(epoch.genLoss).toBeCloseTo(mean(epoch.genLosses), 10)
    expect(epoch.imagesPerSecond * epoch.seconds).toBeCloseTo(10, 6)
    // An untrained discriminator knows nothing: ln 2 for real, ln 2 for fake.
    expect(epoch.discLoss).toBeGreaterThan(0.5)
    expect(epoch.discLoss).toBeLessThan(1.7)
  }
  expect(result.discLoss).toBe(result.epochs[1]?.discLoss)
  expect(result.snapshots).toEqual([])
  expect(result.gif).toBeNull()
})

test('progress is reported in order, at every snapshot with its path, and at the end', async () => {
  const out = folder()
  const reports: Progress[] = []
  await tiny({ epochs: 2, verboseFreq: 3 }).train({
    dataset: bars(16),
    outputDir: out,
    onProgress: p => reports.push(p),
  })
  for (const [i, progress] of reports.entries()) {
    expect(progress).toMatchObject({ epochs: 2, stepsPerEpoch: 4, totalSteps: 8 })
    expect(progress.epoch).toBe(Math.ceil(progress.step / 4))
    expect(progress.step).toBeGreaterThanOrEqual(reports[i - 1]?.step ?? 1)
    expect(progress.imagesPerSecond).toBeGreaterThan(0)
    expect(progress.discLoss).toBeGreaterThan(0)
    expect(progress.genLoss).toBeGreaterThan(0)
    expect(Number.isFinite(progress.etaSeconds)).toBe(true)
    if (progress.snapshot) expect(existsSync(progress.snapshot)).toBe(true)
  }
  const steps = reports
    .filter(progress => progress.snapshot)
    .map(progress => [progress.step, progress.snapshot])
  expect(steps).toEqual(
    [
      [1, 0],
      [4, 3],
      [7, 6],
      [8, 8],
    ].map(([step, name]) => [step, join(out, `dcgan_steps_${String(name).padStart(6, '0')}.png`)]),
  )
  expect(reports.at(-1)?.etaSeconds).toBe(0)
})

test('the end is reported without an output folder, too', async () => {
  const reports: Progress[] = []
  await tiny({ epochs: 1 }).train({ dataset: bars(6), outputDir: null, onProgress: p => reports.push(p) })
  expect(reports.at(-1)).toMatchObject({ step: 2, totalSteps: 2, etaSeconds: 0 })
  expect(reports.at(-1)).not.toHaveProperty('snapshot')
})

test('a model that has all its epochs returns at once and touches nothing', async () => {
  const out = join(folder(), 'untouched')
  const gan = tiny({ epochs: 1 })
  await gan.trainEpoch(bars(4))
  const result = await gan.train({ dataset: '/no/such/folder', outputDir: out })
  expect(result).toMatchObject({ epochs: [], step: 1, epoch: 1, snapshots: [], gif: null, seconds: 0 })
  expect(result.discLoss).toBeNaN()
  expect(existsSync(out)).toBe(false)
})

test('trainEpoch() continues past hparams.epochs, and says so in its progress', async () => {
  const gan = tiny({ epochs: 1 })
  await gan.trainEpoch(bars(4))
  const reports: Progress[] = []
  const result = await gan.trainEpoch(bars(8), { onProgress: p => reports.push(p) })
  expect(result).toMatchObject({ epoch: 2, steps: 2 })
  expect(reports.at(-1)).toMatchObject({ epoch: 2, epochs: 2, step: 3, totalSteps: 3, stepsPerEpoch: 2 })
})

test('the same seed trains the same model, another seed another one', async () => {
  const [a, b, c] = [tiny(), tiny(), tiny({ seed: 8 })]
  const [first, again, other] = [
    await a.trainEpoch(bars(12)),
    await b.trainEpoch(bars(12)),
    await c.trainEpoch(bars(12)),
  ]
  expect(again.discLosses).toEqual(first.discLosses)
  expect(again.genLosses).toEqual(first.genLosses)
  expect(other.discLosses).not.toEqual(first.discLosses)
  const [x, y] = await Promise.all([a.sample(2, { seed: 1 }), b.sample(2, { seed: 1 })])
  expect(equal(x.pixels, y.pixels)).toBe(true)
})

describe.each(ARITHMETICS)('a model in %s', arithmetic => {
  const precision = computeIn(arithmetic)

  test('trains', async () => {
    const gan = tiny({ precision })
    expect(gan.precision).toBe(precision)
    const result = await gan.trainEpoch(bars(8))
    expect(result.discLosses.every(Number.isFinite)).toBe(true)
  })
})

test('timers fire while an epoch runs', async () => {
  const gan = tiny()
  let ticks = 0
  const timer = setInterval(() => ticks++, 5)
  await gan.trainEpoch(bars(80))
  clearInterval(timer)
  // A blocked loop would let none through; a loaded machine lets few.
  expect(ticks).toBeGreaterThan(2)
})

test('an untrained generator makes faint noise on both sides of grey', async () => {
  // Batch normalisation's running statistics are still 0 and 1, so the weights' 0.02 shows.
  const { pixels } = await tiny({ latentDim: 100 }).sample(16, { seed: 1 })
  expect(Math.min(...pixels)).toBeLessThan(126)
  expect(Math.max(...pixels)).toBeGreaterThan(129)
  expect(pixels.reduce((sum, level) => sum + level, 0) / pixels.length).toBeCloseTo(127.5, 0)
})

test('a generator that is trained makes pictures of the full range', async () => {
  const gan = tiny({ batchSize: 16, genLr: 0.005, discLr: 0.001, beta1: 0.5 })
  for (let epoch = 0; epoch < 6; epoch++) await gan.trainEpoch(bars(64))
  const { pixels } = await gan.sample(16, { seed: 1 })
  expect(Math.max(...pixels)).toBeGreaterThan(200)
  expect(Math.min(...pixels)).toBeLessThan(10)
})

describe('bad arguments', () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ output: 'x' }, /Unknown key "output" in the options of train\(\)\. Did you mean outputDir\?/],
    [{ outputDir: 5 }, /path of a folder, or null, for outputDir but received 5$/],
    [{ outputDir: '' }, /for outputDir but received ""$/],
    [{ onProgress: 'x' }, /a function for onProgress but received "x"$/],
    [{ signal: 'x' }, /an AbortSignal for signal but received "x"$/],
    [{ signal: null }, /for signal but received null$/],
    [{ dataset: 5 }, /for dataset but received 5$/],
    [{ dataset: null }, /for dataset but received null$/],
    [{ checkpoint: null }, /for checkpoint but received null$/],
    [{ checkpoint: 'file' }, /an object for checkpoint but received "file"$/],
    [{ checkpoint: {} }, /for checkpoint\.path but received undefined$/],
    [{ checkpoint: { path: 'x', every: 5 } }, /"every" in checkpoint\. Did you mean everySteps\?/],
    [{ checkpoint: { path: 'x', everySteps: 0 } }, /for checkpoint\.everySteps but received 0$/],
    [{ checkpoint: { path: 'x', keep: -1 } }, /for checkpoint\.keep but received -1$/],
  ])('of train(): %j', async (options, message) => {
    await invalid(tiny().train(options), message)
  })

  test('of trainEpoch()', async () => {
    await invalid(
      tiny().trainEpoch(bars(4), { outputDir: 'x' } as never),
      /Unknown key "outputDir" in the options of trainEpoch\(\)/,
    )
  })

  test.each<[string, Partial<TrainingImages> | string, RegExp]>([
    ['a folder that is missing', '/no/such/folder', /no\/such\/folder/],
    ['other dimensions', { width: 32, height: 32, images: new Uint8Array(1024), count: 1 }, /32×32/],
    ['too few bytes', { images: new Uint8Array(784), count: 2 }, /1568.*784/],
    ['a single image', bars(1), /single image.*at least two/],
  ])('a data set that cannot be trained on: %s', async (_, dataset, message) => {
    const given = typeof dataset === 'string' ? dataset : { width: 28, height: 28, ...dataset }
    await refused(tiny().trainEpoch(given as TrainingImages), 'ERR_DCGAN_BAD_DATASET', message)
  })
})

test('an epoch leaves one image out where the last mini-batch would have that one alone', async () => {
  const result = await tiny().trainEpoch(bars(9))
  expect(result.steps).toBe(2)
  expect(result.imagesPerSecond * result.seconds).toBeCloseTo(8, 6)
})

test.each([
  [8, 4, 2],
  [10, 4, 3],
  [2, 128, 1],
  [3, 2, 1],
])('%d images in batches of %d are %d steps', async (count, batchSize, steps) => {
  expect((await tiny({ batchSize }).trainEpoch(bars(count))).steps).toBe(steps)
})
