import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN } from '../../lib/index'
import { bars, kept, stopAt, tiny } from '../support/dcgan'
import { failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'

const HEADER = 'step,epoch,disc_loss,disc_loss_real,disc_loss_fake,gen_loss,r1,r2'

/** The rows, each as numbers; an empty field is NaN. */
function rowsOf(file: string): number[][] {
  const [header, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(header).toBe(HEADER)
  return rows.map(row => row.split(',').map(value => (value === '' ? Number.NaN : Number(value))))
}

const stepsOf = (rows: number[][]) => rows.map(([step]) => step)

test('maxSteps ends a call after so many steps, with its snapshot and its result', async () => {
  const out = folder()
  const gan = tiny({ epochs: 3, verboseFreq: 100 })
  const reports: number[] = []
  const onProgress = (progress: { step: number; totalSteps: number; etaSeconds: number }) => {
    reports.push(progress.totalSteps)
    if (progress.step === 6) expect(progress.etaSeconds).toBe(0)
  }
  const result = await gan.train({ dataset: bars(16), outputDir: out, maxSteps: 6, onProgress })
  expect(result).toMatchObject({ step: 6, epoch: 1 })
  expect(result.epochs.map(({ epoch, steps }) => [epoch, steps])).toEqual([
    [1, 4],
    [2, 2],
  ])
  expect(new Set(reports)).toEqual(new Set([6]))
  expect(result.snapshots.map(path => path.slice(-10))).toEqual(['000000.png', '000006.png'])
  expect(result.imagesPerSecond).toBeGreaterThan(0)

  const straight = tiny({ epochs: 3 })
  const whole = await straight.train({ dataset: bars(16), outputDir: null })
  const rest = await gan.train({ dataset: bars(16), outputDir: null, maxSteps: 100 })
  expect(rest).toMatchObject({ step: 12, epoch: 3 })
  const losses = [...result.epochs, ...rest.epochs].flatMap(({ genLosses }) => [...genLosses])
  expect(losses).toEqual(whole.epochs.flatMap(({ genLosses }) => [...genLosses]))
})

test('the log has a row for each step, with the losses that train() returns', async () => {
  const log = join(folder(), 'losses.csv')
  const gan = tiny({ epochs: 2, r1: 1 })
  const { epochs } = await gan.train({ dataset: bars(16), outputDir: null, log })
  const rows = rowsOf(log)
  expect(stepsOf(rows)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(rows.map(([, epoch]) => epoch)).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
  expect(rows.map(row => row[2])).toEqual(epochs.flatMap(({ discLosses }) => [...discLosses]))
  expect(rows.map(row => row[5])).toEqual(epochs.flatMap(({ genLosses }) => [...genLosses]))
  for (const [, , disc, real, fake, , r1, r2] of rows as number[][]) {
    expect((real as number) + (fake as number)).toBeCloseTo(disc as number, 5)
    expect(r1).toBeGreaterThan(0)
    expect(r2).toBe(0)
  }
})

test('the relativistic loss has no parts of real and of generated images', async () => {
  const log = join(folder(), 'losses.csv')
  await tiny({ epochs: 1, loss: 'relativistic' }).train({ dataset: bars(8), outputDir: null, log })
  expect(rowsOf(log).map(([, , , real, fake]) => [real, fake])).toEqual([
    [Number.NaN, Number.NaN],
    [Number.NaN, Number.NaN],
  ])
})

test('a run that continues keeps the rows up to its step, and makes the later ones again', async () => {
  const out = folder()
  const log = join(out, 'losses.csv')
  const path = join(out, 'checkpoint.safetensors')
  const dataset = bars(16)
  const first = tiny({ epochs: 3 })
  await first.train({ dataset, outputDir: null, log, checkpoint: { path }, maxSteps: 6 })
  // As if it had gone on after its checkpoint, and died in the middle of a row.
  appendFileSync(log, '7,2,1.5,0.5,1,0.25,0,0\n8,2,1.')
  const second = kept(await DCGAN.load(path))
  await second.train({ dataset, outputDir: null, log })
  const straight = join(out, 'straight.csv')
  await tiny({ epochs: 3 }).train({ dataset, outputDir: null, log: straight })
  expect(readFileSync(log, 'utf8')).toBe(readFileSync(straight, 'utf8'))
})

test('the steps before a stop have their rows', async () => {
  const log = join(folder(), 'losses.csv')
  const gan = tiny({ epochs: 50 })
  await failure(gan.train({ dataset: bars(16), outputDir: null, log, ...stopAt(5) }))
  expect(stepsOf(rowsOf(log))).toEqual(Array.from({ length: gan.step }, (_, i) => i + 1))
})

test('a new run replaces the log of another run', async () => {
  const log = join(folder(), 'losses.csv')
  await tiny({ epochs: 2 }).train({ dataset: bars(16), outputDir: null, log })
  await tiny({ epochs: 1 }).train({ dataset: bars(8), outputDir: null, log })
  expect(stepsOf(rowsOf(log))).toEqual([1, 2])
})

test('a file that is no log stays as it is, and training does not begin', async () => {
  const out = folder()
  const thesis = join(out, 'thesis.txt')
  writeFileSync(thesis, 'mine')
  const pipe = join(out, 'pipe')
  execFileSync('mkfifo', [pipe])
  symlinkSync(join(out, 'nowhere', 'losses.csv'), join(out, 'link'))
  for (const log of [thesis, pipe, out, join(out, 'link'), join(out, 'missing', 'losses.csv')]) {
    const gan = tiny({ epochs: 1 })
    await refused(gan.train({ dataset: bars(8), outputDir: null, log }), 'ERR_DCGAN_IO', log)
    expect(gan.step).toBe(0)
  }
  expect(readFileSync(thesis, 'utf8')).toBe('mine')
})

test.each([
  [{ maxSteps: 0 }, /for maxSteps but received 0/],
  [{ maxSteps: 1.5 }, /for maxSteps but received 1.5/],
  [{ log: '' }, /the path of a file for log/],
])('%j is refused', async (options, message) => {
  await invalid(tiny().train({ dataset: bars(8), outputDir: null, ...options }), message)
})
