import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState, writeState } from '../../lib/checkpoint'
import { DCGAN, type HyperParams, type Progress } from '../../lib/index'
import { training } from '../../lib/native/engines'
import { decodePng } from '../images/decoders'
import { bars, equal, kept, labelled, largestDifference, stopAt, tiny } from '../support/dcgan'
import { failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'

const load = async (file: string, overrides?: Partial<HyperParams>) => kept(await DCGAN.load(file, overrides))

describe('save() and load()', () => {
  test('keep the weights, the hyper-parameters and the place in training', async () => {
    const file = join(folder(), 'model.safetensors')
    const gan = tiny({ epochs: 3, discLr: 0.001 })
    await gan.trainEpoch(bars(8))
    await gan.save(file)
    const again = await load(file)
    expect(again.hparams).toEqual(gan.hparams)
    expect(again).toMatchObject({ step: 2, epoch: 1, device: 'cpu' })
    const [a, b] = await Promise.all([gan.sample(3, { seed: 1 }), again.sample(3, { seed: 1 })])
    expect(equal(a.pixels, b.pixels)).toBe(true)
    const [x, y] = [join(folder(), 'x.png'), join(folder(), 'y.png')]
    await Promise.all([gan.saveGrid(x), again.saveGrid(y)])
    expect(readFileSync(y).equals(readFileSync(x))).toBe(true)
  })

  test('save() while the model trains saves the state between two steps, and disturbs nothing', async () => {
    const straight = await tiny().trainEpoch(bars(24))
    const file = join(folder(), 'model.safetensors')
    const gan = tiny()
    let saving: Promise<void> | undefined
    const result = await gan.trainEpoch(bars(24), {
      onProgress: () => {
        saving ??= gan.save(file)
      },
    })
    await saving
    expect(result.discLosses).toEqual(straight.discLosses)
    const again = await load(file)
    const { step } = again
    expect(step).toBeGreaterThan(0)
    expect((await again.trainEpoch(bars(24))).discLosses).toEqual(straight.discLosses.subarray(step % 6))
  })

  test('accept overrides, and check them', async () => {
    const file = join(folder(), 'model.safetensors')
    await tiny({ epochs: 1 }).save(file)
    const gan = await load(file, { epochs: 9, maxBatch: 2, batchSize: 8, seed: undefined } as never)
    expect(gan.hparams).toMatchObject({ epochs: 9, maxBatch: 2, batchSize: 8, seed: 7 })
    for (const [overrides, message] of [
      [{ epohcs: 2 }, /Unknown key "epohcs" in the overrides of load\(\)/],
      [{ epochs: 0 }, /for epochs but received 0$/],
      [{ latentDim: 64 }, /Expected 8 for latentDim but received 64: the model in .* was made with 8$/],
      [{ outputDim: 5 }, /Expected 2 for outputDim but received 5: the model in .* was made with 2$/],
      [{ seed: 8 }, /Expected 7 for seed but received 8: the model in .* was made with 7$/],
    ] as const) {
      await invalid(DCGAN.load(file, overrides as never), message)
    }
  })

  test('take from a file what continues training, and nothing that belongs to another machine', async () => {
    const [whole, generator] = [join(folder(), 'a'), join(folder(), 'b')]
    const machine = { threads: 1, maxBatch: 7, maxQueue: 99 }
    const gan = tiny({ ...machine, precision: 'bfloat16', beta1: 0.5 })
    await gan.save(whole)
    await gan.save(generator, { only: 'generator' })
    expect((await load(whole)).hparams).toMatchObject({
      ...{ beta1: 0.5, precision: 'bfloat16', device: 'cpu', threads: 1, maxBatch: 64, maxQueue: 4096 },
    })
    expect((await load(generator)).hparams).toMatchObject({
      ...{ beta1: 0.5, precision: 'float32', device: 'auto', threads: 'auto', maxBatch: 64, maxQueue: 4096 },
    })
    expect((await load(generator, machine)).hparams).toMatchObject(machine)

    const { state, hparams } = await readState(whole)
    await writeState(whole, state, { ...hparams, threads: 1024, device: 'cuda:7' })
    const again = await load(whole)
    expect(again.hparams).toMatchObject({ threads: 'auto', device: 'auto' })
    expect((await again.sample()).count).toBe(1)
  })

  test('an epoch under way keeps its batch size', async () => {
    const file = join(folder(), 'model.safetensors')
    const gan = tiny()
    await failure(gan.trainEpoch(bars(40), stopAt(1)))
    await gan.save(file)
    expect((await failure(DCGAN.load(file, { batchSize: 8 }))).message).toMatch(
      /for batchSize but received 8: the model in .* was made with 4$/,
    )
  })

  test('a generator alone is smaller, samples the same, and cannot be trained or saved whole', async () => {
    const [whole, small, half] = [join(folder(), 'a'), join(folder(), 'b'), join(folder(), 'c')]
    const gan = tiny()
    await gan.trainEpoch(bars(8))
    await gan.save(whole)
    await gan.save(small, { only: 'generator' })
    await gan.save(half, { only: 'generator', half: true })
    expect(statSync(small).size).toBeLessThan(statSync(whole).size / 2.9)
    expect(statSync(half).size).toBeLessThan(statSync(small).size / 1.9)

    const server = await load(small, { seed: 99, outputDim: 3 })
    const [a, b] = await Promise.all([gan.sample(4, { seed: 1 }), server.sample(4, { seed: 1 })])
    expect(equal(a.pixels, b.pixels)).toBe(true)
    const rough = await (await load(half)).sample(4, { seed: 1 })
    expect(largestDifference(rough.pixels, a.pixels)).toBeLessThanOrEqual(2)
    expect(server.hparams).toMatchObject({ seed: 99, outputDim: 3 })

    for (const call of [server.train({ dataset: bars(8) }), server.trainEpoch(bars(8)), server.save(whole)]) {
      await refused(call, 'ERR_DCGAN_WRONG_STATE', 'generator')
    }
    await server.save(small, { only: 'generator' })
    await load(small)
  })

  test('the snapshot shows the fixed latents of the file, down the columns', async () => {
    const [file, picture] = [join(folder(), 'model.safetensors'), join(folder(), 'grid.png')]
    const gan = tiny({ outputDim: 2 })
    await gan.save(file)
    await gan.saveGrid(picture)
    const { state } = await readState(file)
    const fixed = state.tensors.find(tensor => tensor.name === 'fixed_latents')
    const latents = new Float32Array(fixed?.data as ArrayBuffer)
    const { pixels } = await gan.sample(4, { latents })
    const { levels } = decodePng(readFileSync(picture))
    for (let i = 0; i < 4; i++) {
      const [column, row] = [Math.floor(i / 2), i % 2]
      expect(levels[(row * 28 + 5) * 56 + column * 28 + 9]).toBe(pixels[i * 784 + 5 * 28 + 9])
    }
  })

  test.each([
    [{ only: 'discriminator' }, /'generator' for only but received "discriminator"$/],
    [{ half: 1 }, /for half but received 1$/],
    [{ half: true }, /false for half but received true: .*Give only: 'generator' too$/],
    [{ onyl: 'generator' }, /Unknown key "onyl".*Did you mean only\?/],
  ])('save() refuses %j', async (options, message) => {
    await invalid(tiny().save(join(folder(), 'x'), options as never), message)
  })

  test('a file that is foreign or cut short is a bad checkpoint, a missing one is not, and both say which', async () => {
    const path = folder()
    const [text, cut] = [join(path, 'text'), join(path, 'cut')]
    writeFileSync(text, 'no model at all')
    const whole = join(path, 'whole')
    await tiny().save(whole, { only: 'generator' })
    writeFileSync(cut, readFileSync(whole).subarray(0, 5000))
    const missing = await failure(DCGAN.load(join(path, 'none')))
    expect(missing).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code: 'ENOENT' } })
    expect(missing.message).toContain(join(path, 'none'))
    for (const file of [text, cut, path]) {
      await refused(DCGAN.load(file), 'ERR_DCGAN_BAD_CHECKPOINT', file)
    }
    await invalid(DCGAN.load(7 as never))
  })

  test('a folder that is missing is an IO error with its cause', async () => {
    const gan = tiny()
    const error = await failure(gan.save(join(folder(), 'none', 'model.safetensors')))
    expect(error.code).toBe('ERR_DCGAN_IO')
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOENT')
    await gan.sample()
  })
})

describe('a loaded model and another data set', () => {
  const otherData = (call: Promise<unknown>, file: string) =>
    refused(call, 'ERR_DCGAN_BAD_DATASET', new RegExp(`${file}[^]*newData: true`))

  test.each([
    ['between two epochs', async (gan: DCGAN) => void (await gan.trainEpoch(bars(40)))],
    ['within an epoch', async (gan: DCGAN) => void (await failure(gan.trainEpoch(bars(40), stopAt(1))))],
  ])('do not come together by mistake: %s', async (_, begin) => {
    const [file, path, out] = [join(folder(), 'model'), join(folder(), 'run'), join(folder(), 'out')]
    const gan = tiny({ epochs: 3 })
    await begin(gan)
    await gan.save(file)
    const again = await load(file)
    for (const dataset of [bars(40, 1), bars(41), bars(8)]) {
      await otherData(again.trainEpoch(dataset), file)
      await otherData(again.train({ dataset, outputDir: out, checkpoint: { path } }), file)
      expect([again.step, existsSync(path), existsSync(out)]).toEqual([gan.step, false, false])
    }
    // Refusals leave the model as it was: its own data continue it exactly.
    const [one, other] = [await again.trainEpoch(bars(40)), await (await load(file)).trainEpoch(bars(40))]
    expect(one.discLosses).toEqual(other.discLosses)
  })

  test('do not come together by mistake where the other one has more classes, either', async () => {
    const file = join(folder(), 'model')
    const gan = tiny({ classes: 2 })
    await gan.trainEpoch(labelled(8, 2))
    await gan.save(file)
    await otherData((await load(file)).trainEpoch(labelled(12, 3)), file)
  })

  test('come together with newData, and the new one is remembered', async () => {
    const [file, next] = [join(folder(), 'model'), join(folder(), 'next')]
    const gan = tiny()
    await gan.trainEpoch(bars(8))
    await gan.save(file)
    const again = await load(file, { epochs: 2 })
    expect((await again.train({ dataset: bars(12), outputDir: null, newData: true })).epoch).toBe(2)
    await again.trainEpoch(bars(8))
    await again.trainEpoch(bars(12))
    await again.save(next)
    await otherData((await load(next)).trainEpoch(bars(8)), next)
    expect((await (await load(next)).trainEpoch(bars(12))).epoch).toBe(5)
    expect((await failure(again.trainEpoch(bars(8), { newData: 1 } as never))).message).toMatch(
      /true or false for newData but received 1$/,
    )
  })

  test('a file of release 0.1, which knows no data set between two epochs, takes any', async () => {
    const file = join(folder(), 'model')
    const gan = tiny()
    await gan.trainEpoch(bars(8))
    await gan.save(file)
    const bytes = readFileSync(file)
    const length = Number(bytes.readBigUInt64LE())
    const header = bytes.toString('utf8', 8, 8 + length).replace(/,"trained_(count|hash)":"\w+"/g, '')
    bytes.write(header.padEnd(length), 8)
    writeFileSync(file, bytes)
    expect((await (await load(file)).trainEpoch(bars(12))).epoch).toBe(2)
  })
})

describe('checkpoints', () => {
  test('are written every so many steps and at the end, with as many older ones as are kept', async () => {
    const path = join(folder(), 'run.safetensors')
    const dataset = bars(20)
    const result = await tiny({ epochs: 2 }).train({
      dataset,
      outputDir: null,
      checkpoint: { path, everySteps: 3, keep: 2 },
    })
    expect(result.step).toBe(10)
    expect(readdirSync(join(path, '..')).sort()).toEqual([
      'run.safetensors',
      'run.step-000006.safetensors',
      'run.step-000009.safetensors',
    ])
    expect(await load(path)).toMatchObject({ step: 10, epoch: 2 })
    expect(await load(join(path, '..', 'run.step-000006.safetensors'))).toMatchObject({ step: 6, epoch: 1 })
  })

  test('change nothing in the run, and continue it exactly', async () => {
    const dataset = bars(20)
    const straight = await tiny({ epochs: 2 }).train({ dataset, outputDir: null })
    const losses = straight.epochs.flatMap(epoch => [...epoch.discLosses])
    const path = join(folder(), 'run.safetensors')
    const middle = join(folder(), 'middle.safetensors')
    const onProgress = ({ step }: Progress) => {
      if (step >= 4 && !existsSync(middle) && existsSync(path)) copyFileSync(path, middle)
    }
    const saved = await tiny({ epochs: 2, verboseFreq: 1 }).train({
      dataset,
      outputDir: folder(),
      onProgress,
      checkpoint: { path, everySteps: 1 },
    })
    expect(saved.epochs.flatMap(epoch => [...epoch.discLosses])).toEqual(losses)
    const gan = await load(middle)
    const { step } = gan
    expect(step).toBeGreaterThanOrEqual(3)
    const rest = await gan.train({ dataset, outputDir: null })
    expect(rest.epochs.flatMap(epoch => [...epoch.discLosses])).toEqual(losses.slice(step))
  })

  test('one is written on abort, of the very step at which the run stopped', async () => {
    const path = join(folder(), 'run.safetensors')
    const gan = tiny()
    const stop = stopAt(2)
    const error = await failure(
      gan.train({ dataset: bars(400), outputDir: null, checkpoint: { path }, ...stop }),
    )
    expect(error).toBe(stop.signal.reason)
    expect((await load(path)).step).toBe(gan.step)
  })

  test('once an epoch by default', async () => {
    const path = join(folder(), 'run.safetensors')
    await tiny({ epochs: 2 }).train({ dataset: bars(8), outputDir: null, checkpoint: { path } })
    expect(readdirSync(join(path, '..')).sort()).toEqual(['run.safetensors', 'run.step-000002.safetensors'])
  })

  test('a path that cannot be written ends train() before it begins', async () => {
    const gan = tiny()
    const checkpoint = { path: join(folder(), 'none', 'run.safetensors') }
    await refused(gan.train({ dataset: bars(8), outputDir: null, checkpoint }), 'ERR_DCGAN_IO')
    expect(gan.step).toBe(0)
  })
})

describe('a loss that is not finite', () => {
  async function exploding(file: string): Promise<void> {
    await tiny({ epochs: 3 }).save(file)
    const { state, hparams } = await readState(file)
    const weight = state.tensors.find(tensor => tensor.name === 'discriminator.linear.weight')
    new Float32Array(weight?.data as ArrayBuffer).fill(3e38)
    await writeState(file, state, hparams)
  }

  test('ends the run with its step, and says that there is no checkpoint', async () => {
    const file = join(folder(), 'model.safetensors')
    await exploding(file)
    const gan = await load(file)
    const path = join(folder(), 'run.safetensors')
    await refused(
      gan.train({ dataset: bars(8), outputDir: null, checkpoint: { path } }),
      'ERR_DCGAN_DIVERGED',
      /diverged at step 0\b.*No checkpoint was written/s,
    )
    expect(existsSync(path)).toBe(false)
  })

  test('names the last checkpoint', async () => {
    const path = join(folder(), 'run.safetensors')
    const gan = tiny({ epochs: 2 })
    const { trainEpoch } = training()
    const diverged = { code: 'ERR_DCGAN_DIVERGED', message: 'Training diverged at step 3' }
    jest.spyOn(training(), 'trainEpoch').mockImplementationOnce(trainEpoch).mockRejectedValueOnce(diverged)
    const error = await failure(gan.train({ dataset: bars(8), outputDir: null, checkpoint: { path } }))
    expect(error.code).toBe('ERR_DCGAN_DIVERGED')
    expect(error.message).toBe(`Training diverged at step 3. The last checkpoint, of step 2, is ${path}`)
    expect(await load(path)).toMatchObject({ step: 2, epoch: 1 })
  })

  test('is reported by trainEpoch() too', async () => {
    const file = join(folder(), 'model.safetensors')
    await exploding(file)
    await refused((await load(file)).trainEpoch(bars(8)), 'ERR_DCGAN_DIVERGED')
  })
})
