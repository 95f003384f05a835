import { getEventListeners } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Progress } from '../../lib/index'
import { bars, equal, stopAt, tiny } from '../support/dcgan'
import { failure, refused } from '../support/failure'
import { folder } from '../support/folder'

const later = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

describe('an aborted signal', () => {
  test('rejects with its reason, leaves no listener, and the model continues from its step', async () => {
    const straight = await tiny().trainEpoch(bars(80))
    const gan = tiny()
    const reason = new Error('enough for now')
    const { signal, onProgress } = stopAt(1, reason)
    expect(await failure(gan.trainEpoch(bars(80), { signal, onProgress }))).toBe(reason)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(gan.epoch).toBe(0)
    const { step } = gan
    expect(step).toBeGreaterThanOrEqual(1)
    expect(step).toBeLessThan(20)

    const rest = await gan.trainEpoch(bars(80))
    expect(rest).toMatchObject({ epoch: 1, steps: 20 - step })
    expect(rest.discLosses).toEqual(straight.discLosses.subarray(step))
    expect(gan).toMatchObject({ step: 20, epoch: 1 })
  })

  test('in the middle of an epoch, with another data set next, begins a new pass', async () => {
    const gan = tiny()
    await failure(gan.trainEpoch(bars(400), stopAt(1)))
    const { step } = gan
    const reports: Progress[] = []
    const result = await gan.trainEpoch(bars(12, 5), { onProgress: p => reports.push(p) })
    expect(result).toMatchObject({ epoch: 1, steps: 3 })
    expect(reports.at(-1)).toMatchObject({ step: step + 3, totalSteps: step + 3, etaSeconds: 0 })
    expect(reports[0]?.imagesPerSecond).toBeGreaterThan(0)
  })

  test('that has aborted before rejects before anything is done', async () => {
    const gan = tiny()
    const out = join(folder(), 'never')
    const reason = new Error('no')
    const signal = AbortSignal.abort(reason)
    expect(await failure(gan.train({ dataset: '/no/such/folder', outputDir: out, signal }))).toBe(reason)
    expect(await failure(gan.trainEpoch('/no/such/folder', { signal }))).toBe(reason)
    expect(existsSync(out)).toBe(false)
    expect(gan.step).toBe(0)
  })

  test('right after the call stops it too, wherever it is', async () => {
    const gan = tiny()
    const controller = new AbortController()
    const epoch = failure(gan.trainEpoch(bars(400), { signal: controller.signal }))
    controller.abort()
    expect((await epoch).name).toBe('AbortError')
    expect(gan.step).toBeLessThan(5)
  })

  test('by timeout rejects with a TimeoutError', async () => {
    const error = await failure(tiny().trainEpoch(bars(4000), { signal: AbortSignal.timeout(100) }))
    expect(error.name).toBe('TimeoutError')
  })

  test('ends the calls of onProgress', async () => {
    const { signal, onProgress } = stopAt(1)
    const after: number[] = []
    await failure(
      tiny({ verboseFreq: 1 }).train({
        dataset: bars(40),
        outputDir: folder(),
        signal,
        onProgress: progress => {
          if (signal.aborted) after.push(progress.step)
          onProgress(progress)
        },
      }),
    )
    expect(after).toEqual([])
  })
})

describe('a second training', () => {
  test('while one runs is refused; sampling, saving and reading are not', async () => {
    const gan = tiny()
    const file = join(folder(), 'grid.png')
    const epoch = gan.trainEpoch(bars(24))
    for (const second of [gan.trainEpoch(bars(4)), gan.train({ dataset: bars(4) })]) {
      await refused(second, 'ERR_DCGAN_BUSY')
    }
    await gan.sample()
    await gan.saveGrid(file)
    expect(existsSync(file)).toBe(true)
    await epoch
    await gan.trainEpoch(bars(4))
  })

  test('is possible after one that failed', async () => {
    const gan = tiny()
    await failure(gan.train({ dataset: '/no/such/folder' }))
    await failure(gan.trainEpoch(bars(8), stopAt(1)))
    await gan.trainEpoch(bars(4))
  })
})

describe('dispose()', () => {
  test('stops a running epoch after its step; its promise rejects, and no callback comes after', async () => {
    const gan = tiny()
    let disposal: Promise<void> | undefined
    let after = 0
    const epoch = gan.trainEpoch(bars(4000), {
      onProgress: () => {
        if (disposal) after++
        disposal ??= gan.dispose()
      },
    })
    await refused(epoch, 'ERR_DCGAN_DISPOSED')
    await disposal
    expect(after).toBe(0)
    expect(gan.step).toBeGreaterThan(0)
  })

  test('step counts the step that was finished then', async () => {
    const gan = tiny()
    const log = join(folder(), 'losses.csv')
    const onProgress = () => void gan.dispose()
    await failure(gan.train({ dataset: bars(400), outputDir: null, log, onProgress }))
    await gan.dispose()
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(1 + gan.step)
  })

  test('at once after train() rejects it, whatever it was doing', async () => {
    for (const wait of [0, 1, 5, 20, 60]) {
      const gan = tiny()
      const run = failure(gan.train({ dataset: bars(400), outputDir: folder() }))
      await new Promise(resolve => setTimeout(resolve, wait))
      await gan.dispose()
      expect((await run).code).toBe('ERR_DCGAN_DISPOSED')
    }
  })
})

describe('onProgress', () => {
  test('that throws stops training, and train() rejects with its error', async () => {
    const gan = tiny()
    const error = new Error('my bug')
    const thrown = () => {
      throw error
    }
    expect(await failure(gan.train({ dataset: bars(400), outputDir: null, onProgress: thrown }))).toBe(error)
    expect(gan.step).toBeLessThan(100)
    expect((await gan.trainEpoch(bars(8))).steps).toBe(2)
  })

  test('that returns a promise which rejects does the same', async () => {
    const error = new Error('my async bug')
    const rejects = () => Promise.reject(error)
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    expect(await failure(tiny().trainEpoch(bars(400), { onProgress: rejects }))).toBe(error)
    await new Promise(resolve => setTimeout(resolve, 20))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('that is not done yet keeps its run from being over, and what it fails with fails that run', async () => {
    const gan = tiny()
    let done = 0
    const slow = async () => {
      await later(50)
      done++
    }
    await gan.trainEpoch(bars(4), { onProgress: slow })
    expect(done).toBe(1)
    const error = new Error('my late bug')
    const late = async () => {
      await later(50)
      throw error
    }
    expect(await failure(gan.trainEpoch(bars(4), { onProgress: late }))).toBe(error)
    const train = { dataset: bars(4), outputDir: folder(), onProgress: late }
    expect(await failure(tiny({ epochs: 1 }).train(train))).toBe(error)
    expect(await gan.trainEpoch(bars(4))).toMatchObject({ epoch: 3, steps: 1 })
  })

  test('that fails after its run was aborted stops no other run', async () => {
    const gan = tiny()
    const controller = new AbortController()
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const onProgress = async () => {
      controller.abort()
      await released
      throw new Error('my late bug')
    }
    const aborted = await failure(gan.trainEpoch(bars(400), { signal: controller.signal, onProgress }))
    expect(aborted.name).toBe('AbortError')
    const next = gan.trainEpoch(bars(80), { onProgress: release })
    expect(await next).toMatchObject({ epoch: 1, steps: 20 })
  })

  test('that never ends holds up neither an abort nor dispose()', async () => {
    const forEver = () => new Promise<void>(() => {})
    const gan = tiny()
    const controller = new AbortController()
    const run = failure(gan.trainEpoch(bars(4), { signal: controller.signal, onProgress: forEver }))
    while (gan.epoch === 0) await later(5)
    await later(50)
    controller.abort()
    expect((await run).name).toBe('AbortError')
    const other = failure(gan.trainEpoch(bars(4), { onProgress: forEver }))
    while (gan.epoch === 1) await later(5)
    await later(50)
    await gan.dispose()
    expect((await other).code).toBe('ERR_DCGAN_DISPOSED')
  })

  test('that throws something falsy is no success', async () => {
    const thrown = () => {
      throw undefined
    }
    expect(await failure(tiny().trainEpoch(bars(400), { onProgress: thrown }))).toBeUndefined()
  })

  test('that samples gets the model of a step, not of an epoch', async () => {
    const gan = tiny()
    const seen: Promise<Uint8Array>[] = []
    await gan.trainEpoch(bars(40), {
      onProgress: () => seen.push(gan.sample(1, { seed: 1 }).then(batch => batch.pixels)),
    })
    const first = (await seen[0]) as Uint8Array
    const last = (await gan.sample(1, { seed: 1 })).pixels
    expect(equal(first, last)).toBe(false)
  })
})

describe('a folder that cannot be written', () => {
  test('ends train() before it begins', async () => {
    const file = join(folder(), 'file')
    writeFileSync(file, '')
    const gan = tiny()
    const error = await failure(gan.train({ dataset: bars(8), outputDir: join(file, 'out') }))
    expect(error.code).toBe('ERR_DCGAN_IO')
    expect(error.message).toContain(join(file, 'out'))
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOTDIR')
    expect(gan.step).toBe(0)
  })

  test('later on stops the run; what was trained stays', async () => {
    const out = folder()
    const gan = tiny({ verboseFreq: 2 })
    // The third snapshot's name is taken by a folder.
    mkdirSync(join(out, 'dcgan_steps_000004.png'))
    await refused(gan.train({ dataset: bars(400), outputDir: out }), 'ERR_DCGAN_IO', 'dcgan_steps_000004.png')
    expect(gan.step).toBeGreaterThan(4)
    expect(gan.step).toBeLessThan(100)
    expect(readdirSync(out)).not.toContain('output.gif')
    expect((await gan.sample()).count).toBe(1)
  })
})
