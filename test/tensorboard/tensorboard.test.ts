import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN } from '../../lib/index'
import { bars, kept, stopAt, tiny } from '../support/dcgan'
import { failure, refused } from '../support/failure'
import { folder } from '../support/folder'
import { curve, eventFiles, readEvents } from './event-files'

const LOSSES = ['discriminator', 'discriminator_real', 'discriminator_fake', 'generator']

test('each step has its losses, as train() returns them, and each file says what it is', async () => {
  const runs = join(folder(), 'runs', '1')
  const gan = tiny({ epochs: 2, r1: 1, discLr: [0.002, 0.001], genLr: 0.003 })
  const { epochs } = await gan.train({ dataset: bars(16), outputDir: null, tensorboard: runs })
  const [version, start] = readEvents(runs)
  expect(version).toMatchObject({ fileVersion: 'brain.Event:2', step: 0 })
  expect(Math.abs((version?.wallTime ?? 0) - Date.now() / 1000)).toBeLessThan(300)
  expect(start).toMatchObject({ sessionStatus: 1, step: 0 })

  const steps = [1, 2, 3, 4, 5, 6, 7, 8]
  const [disc, real, fake, gen] = LOSSES.map(name => curve(runs, `loss/${name}`))
  for (const points of [disc, real, fake, gen]) expect(points?.map(([step]) => step)).toEqual(steps)
  expect(disc?.map(([, value]) => value)).toEqual(epochs.flatMap(({ discLosses }) => [...discLosses]))
  expect(gen?.map(([, value]) => value)).toEqual(epochs.flatMap(({ genLosses }) => [...genLosses]))
  for (const [i, [, value]] of (disc ?? []).entries()) {
    expect((real?.[i]?.[1] as number) + (fake?.[i]?.[1] as number)).toBeCloseTo(value, 5)
  }
  expect(curve(runs, 'penalty/r1').map(([step]) => step)).toEqual(steps)
  expect(curve(runs, 'penalty/r2')).toEqual([])

  const rates = curve(runs, 'learning_rate/discriminator')
  for (const [step, rate] of rates) expect(rate).toBe(Math.fround(step <= 4 ? 0.002 : 0.001))
  expect(rates.at(-1)?.[0]).toBe(8)
  expect(new Set(curve(runs, 'learning_rate/generator').map(([, rate]) => rate))).toEqual(
    new Set([Math.fround(0.003)]),
  )
  for (const [, speed] of curve(runs, 'speed/images_per_second')) expect(speed).toBeGreaterThan(0)
})

test('the relativistic loss has no curves of real and of generated images', async () => {
  const runs = folder()
  await tiny({ epochs: 1, loss: 'relativistic' }).train({
    dataset: bars(8),
    outputDir: null,
    tensorboard: runs,
  })
  expect(LOSSES.filter(name => curve(runs, `loss/${name}`).length > 0)).toEqual([
    'discriminator',
    'generator',
  ])
})

test.each([
  ['with', true],
  ['without', false],
])('snapshots are pictures, %s a folder of their own', async (_, files) => {
  const out = folder()
  const reports: unknown[] = []
  const result = await tiny({ epochs: 2, verboseFreq: 4 }).train({
    dataset: bars(16),
    outputDir: files ? join(out, 'output') : null,
    tensorboard: out,
    onProgress: progress => void reports.push(progress),
  })
  const pictures = readEvents(out).flatMap(({ step, pictures: { snapshot } }) =>
    snapshot === undefined ? [] : [{ step, ...snapshot }],
  )
  expect(pictures.map(({ step, width, height }) => [step, width, height])).toEqual(
    [0, 4, 8].map(step => [step, 56, 56]),
  )
  expect(result.snapshots).toHaveLength(files ? 3 : 0)
  for (const [i, path] of result.snapshots.entries()) {
    expect(pictures[i]?.png.equals(readFileSync(path))).toBe(true)
  }
  expect(reports.at(-1)).toMatchObject({ step: 8, totalSteps: 8 })
})

test('a run that continues adds a file, and TensorBoard forgets the steps that it makes again', async () => {
  const out = folder()
  const runs = join(out, 'runs')
  const path = join(out, 'checkpoint.safetensors')
  const dataset = bars(16)
  const first = tiny({ epochs: 3 })
  await first.train({ dataset, outputDir: null, tensorboard: runs, checkpoint: { path }, maxSteps: 6 })
  const [before] = eventFiles(runs)
  // It continues after its checkpoint, and those steps are lost.
  await first.train({ dataset, outputDir: null, tensorboard: runs, maxSteps: 2 })
  const second = kept(await DCGAN.load(path))
  const bytes = readFileSync(before as string)
  await second.train({ dataset, outputDir: null, tensorboard: runs })
  expect(readFileSync(before as string).equals(bytes)).toBe(true)
  expect(eventFiles(runs)).toHaveLength(3)

  const straight = join(out, 'straight')
  await tiny({ epochs: 3 }).train({ dataset, outputDir: null, tensorboard: straight })
  for (const name of LOSSES) expect(curve(runs, `loss/${name}`)).toEqual(curve(straight, `loss/${name}`))
})

test('evaluate() adds its figures, and the figures of the floor, at the step of the model', async () => {
  const runs = folder()
  const dataset = bars(40)
  const gan = tiny({ epochs: 1 })
  await gan.train({ dataset, outputDir: null, tensorboard: runs })
  const figures = await gan.evaluate({ count: 30, dataset, floorDataset: bars(60, 40), tensorboard: runs })
  const { frechetDistance, precision, recall, density, coverage, confidence, floor } = figures
  const wanted = { frechet_distance: frechetDistance, precision, recall, density, coverage, confidence }
  for (const [name, value] of Object.entries(wanted)) {
    expect(curve(runs, `evaluation/${name}`)).toEqual([[10, Math.fround(value)]])
  }
  expect(curve(runs, 'evaluation_floor/frechet_distance')).toEqual([[10, Math.fround(floor.frechetDistance)]])
  expect(curve(runs, 'evaluation/label_accuracy')).toEqual([])
  expect(curve(runs, 'loss/generator')).toHaveLength(10)
})

test('evaluateEvery adds its figures to the file of the run, as TensorBoard reads one file after another', async () => {
  const runs = folder()
  const dataset = bars(40)
  const seen: [number, number][] = []
  await tiny({ epochs: 2 }).train({
    dataset,
    outputDir: null,
    tensorboard: runs,
    evaluateEvery: { count: 20 },
    onEpoch: ({ steps, epoch, evaluation }) =>
      void seen.push([epoch * steps, Math.fround(evaluation?.frechetDistance as number)]),
  })
  expect(seen.map(([step]) => step)).toEqual([10, 20])
  expect(curve(runs, 'evaluation/frechet_distance')).toEqual(seen)
  expect(curve(runs, 'evaluation_floor/precision')).toHaveLength(2)
  expect(curve(runs, 'loss/generator')).toHaveLength(20)
  expect(eventFiles(runs)).toHaveLength(1)
})

test('a folder that cannot be made or written ends the call before it begins', async () => {
  const out = folder()
  const file = join(out, 'thesis.txt')
  writeFileSync(file, 'mine')
  for (const tensorboard of [file, join(file, 'runs')]) {
    const gan = tiny({ epochs: 1 })
    for (const call of [
      () => gan.train({ dataset: bars(8), outputDir: null, tensorboard }),
      () => gan.evaluate({ count: 4, dataset: bars(8), floorDataset: bars(8, 8), tensorboard }),
    ]) {
      await refused(call(), 'ERR_DCGAN_IO', tensorboard)
    }
    expect(gan.step).toBe(0)
  }
  expect(readFileSync(file, 'utf8')).toBe('mine')
})

test('the steps before a stop have their events', async () => {
  const runs = folder()
  const gan = tiny({ epochs: 50 })
  await failure(gan.train({ dataset: bars(16), outputDir: null, tensorboard: runs, ...stopAt(5) }))
  expect(curve(runs, 'loss/generator').map(([step]) => step)).toEqual(
    Array.from({ length: gan.step }, (_, i) => i + 1),
  )
})

test.each(['', 1, null])('tensorboard: %j is refused', async tensorboard => {
  const options = { dataset: bars(8), tensorboard } as object
  for (const call of [tiny().train({ outputDir: null, ...options }), tiny().evaluate(options)]) {
    const error = await failure(call)
    expect([error.code, error.message]).toEqual([
      'ERR_DCGAN_INVALID_ARGUMENT',
      expect.stringMatching(/the path of a folder for tensorboard/),
    ])
  }
})
