import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint'
import { DCGAN, type TrainResult } from '../../lib/index'
import { kept, tiny } from '../support/dcgan'
import { folder } from '../support/folder'
import { run } from './child'

const KILLS = 50
const EPOCHS = 4
const STEPS_PER_EPOCH = 8

jest.setTimeout(1_800_000)

/** The same as the child's. */
const images = (count: number) => ({
  images: Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251),
  count,
  width: 28,
  height: 28,
})

/** Every loss of a run, in the order of its steps. */
const losses = (result: TrainResult): number[] =>
  result.epochs.flatMap(({ discLosses, genLosses }) =>
    Array.from(discLosses, (loss, i) => [loss, genLosses[i] as number]).flat(),
  )

const weights = async (file: string): Promise<Buffer> =>
  Buffer.concat((await readState(file)).state.tensors.map(({ data }) => Buffer.from(data)))

test(`killed ${KILLS} times at random, a run always resumes as if nobody had stopped it`, async () => {
  const dataset = images(4 * STEPS_PER_EPOCH)
  const straight = tiny({ epochs: EPOCHS })
  const reference = losses(await straight.train({ dataset, outputDir: null }))
  expect(reference).toHaveLength(2 * EPOCHS * STEPS_PER_EPOCH)
  const path = join(folder(), 'run.safetensors')
  const end = join(folder(), 'end.safetensors')
  await straight.save(end)
  const last = await weights(end)

  // A child continues from the newest file, or begins where there is none, and is killed at a random moment.
  const script = `
    const { existsSync } = require('node:fs')
    const path = ${JSON.stringify(path)}
    const options = { dataset: images(${4 * STEPS_PER_EPOCH}), outputDir: null, checkpoint: { path, everySteps: 3, keep: 1 } }
    const begin = async () => existsSync(path) ? DCGAN.load(path) : model({ epochs: ${EPOCHS} })
    begin().then(gan => { console.log('trains'); return gan.train(options) })
  `
  let resumed = 0
  // Milliseconds that a whole run takes which nobody kills, as the first: on this machine, at this time.
  let whole = 0
  for (let kill = 0; kill <= KILLS; kill++) {
    const fresh = !existsSync(path)
    let begin = 0
    const ended = await run(script, {
      onOutput: (_, child) => {
        begin = performance.now()
        if (whole > 0) setTimeout(() => child.kill('SIGKILL'), Math.random() * whole)
      },
    })
    if (fresh && ended.signal === null) whole = performance.now() - begin
    if (!existsSync(path)) continue
    const { state } = await readState(path)
    const gan = kept(await DCGAN.load(path))
    expect([gan.step, gan.epoch]).toEqual([state.step, state.epoch])
    const rest = losses(await gan.train({ dataset, outputDir: null }))
    expect(rest).toEqual(reference.slice(2 * state.step))
    if (rest.length > 0) resumed++
    await gan.save(end)
    expect(Buffer.compare(await weights(end), last)).toBe(0)
    await gan.dispose()
    // Now and then a run from its beginning, so that early moments are met too.
    if (rest.length === 0 || kill % 10 === 9) await rm(path)
  }
  expect(resumed).toBeGreaterThanOrEqual(Math.floor(KILLS / 10))
})
