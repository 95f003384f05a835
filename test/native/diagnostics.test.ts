import { type Channel, channel } from 'node:diagnostics_channel'
import type { EpochMessage, EvaluationMessage, SampleMessage, StepMessage } from '../../lib/index'
import { run } from '../process/child'
import { bars, tiny } from '../support/dcgan'
import { failure } from '../support/failure'
import { folder } from '../support/folder'

const subscriptions: (() => void)[] = []

afterEach(() => {
  for (const end of subscriptions.splice(0)) end()
})

// As the library found them. Node.js 20 may forget a channel when an older one of the same name is collected, and those
// of other test files are.
const channels = new Map<string, Channel>(
  ['step', 'epoch', 'sample', 'evaluation'].map(name => [name, channel(`libtorch-dcgan:${name}`)]),
)

/** The messages of a channel from here on. */
function messagesOf<T>(name: string): T[] {
  const messages: T[] = []
  const listener = (message: unknown) => void messages.push(message as T)
  channels.get(name)?.subscribe(listener)
  subscriptions.push(() => channels.get(name)?.unsubscribe(listener))
  return messages
}

test('each step and each epoch has its message, of train() and of trainEpoch()', async () => {
  const steps = messagesOf<StepMessage>('step')
  const epochs = messagesOf<EpochMessage>('epoch')
  const gan = tiny({ epochs: 2, r1: 1 })
  const whole = await gan.train({ dataset: bars(16), outputDir: null })
  const more = await gan.trainEpoch(bars(16))
  expect(steps.map(({ step, epoch }) => [step, epoch])).toEqual(
    Array.from({ length: 12 }, (_, i) => [i + 1, Math.floor(i / 4) + 1]),
  )
  expect(epochs.map(({ result }) => result)).toEqual([...whole.epochs, more])
  expect(steps.map(({ discLoss }) => discLoss)).toEqual(
    [...whole.epochs, more].flatMap(({ discLosses }) => [...discLosses]),
  )
  for (const { model, discLoss, discLossReal, discLossFake, r1, r2, imagesPerSecond } of steps) {
    expect(model).toBe(gan)
    expect(discLossReal + discLossFake).toBeCloseTo(discLoss, 5)
    expect([r1 > 0, r2, imagesPerSecond > 0]).toEqual([true, 0, true])
  }
  for (const { model } of epochs) expect(model).toBe(gan)
})

test('each request for images has its message, and a failed one its error', async () => {
  const messages = messagesOf<SampleMessage>('sample')
  const gan = tiny()
  await gan.sample(3)
  await gan.interpolate(1, 2, 5)
  await gan.saveGrid(`${folder()}/fixed.png`)
  await gan.saveGrid(`${folder()}/seed.png`, { seed: 1, count: 6 })
  const reason = new Error('enough')
  await failure(gan.sample(2, { signal: AbortSignal.abort(reason) }))
  expect(messages.map(({ count, error }) => [count, error])).toEqual([
    [3, undefined],
    [5, undefined],
    [4, undefined],
    [6, undefined],
    [2, reason],
  ])
  for (const { model, seconds } of messages) {
    expect(model).toBe(gan)
    expect(seconds).toBeGreaterThan(0)
  }
})

test('each evaluation has its message', async () => {
  const messages = messagesOf<EvaluationMessage>('evaluation')
  const gan = tiny()
  const options = { count: 10, dataset: bars(20), floorDataset: bars(20, 20) }
  const evaluation = await gan.evaluate(options)
  const reason = new Error('enough')
  await failure(gan.evaluate({ ...options, signal: AbortSignal.abort(reason) }))
  expect(messages).toEqual([
    { model: gan, seconds: expect.any(Number), evaluation },
    { model: gan, seconds: expect.any(Number), error: reason },
  ])
})

test('a subscriber that throws does not disturb the library: its errors are uncaught exceptions', async () => {
  const ended = await run(`
    const { subscribe } = require('node:diagnostics_channel')
    const uncaught = []
    process.on('uncaughtException', ({ message }) => uncaught.push(message))
    for (const name of ['step', 'epoch', 'sample']) {
      subscribe('libtorch-dcgan:' + name, () => { throw new Error(name) })
    }
    const gan = model()
    gan.trainEpoch(images(8)).then(({ steps }) => gan.sample(3).then(async ({ count }) => {
      await later(10)
      console.log(steps, count, uncaught.join())
      await gan.dispose()
    }))
  `)
  expect(ended).toMatchObject({ code: 0, stdout: '2 3 step,step,epoch,sample\n', stderr: '' })
})
