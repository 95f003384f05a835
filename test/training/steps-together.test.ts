import { training } from '../../lib/native/engines'
import type { NativeEvent, NativeModel, NativeState } from '../../lib/native/types'
import { NATIVE_CONFIG } from '../support/native-config'

// Several steps at once are what a CUDA graph makes. On the CPU they are made one after another, with everything around
// them the same: their inputs, and where they must stop.

const COUNT = 43 // 14 mini-batches of 3; the image that is left over is dropped
const IMAGES = Uint8Array.from({ length: COUNT * 784 }, (_, i) => (i * i) % 251)
const LABELS = Uint8Array.from({ length: COUNT }, (_, i) => i % 3)

const models: NativeModel[] = []
afterEach(() => Promise.all(models.splice(0).map(model => training().dispose(model))))

async function create(stepsTogether: number, config: object = {}): Promise<NativeModel> {
  const shared = { ...NATIVE_CONFIG, batchSize: 3, classes: 3, discSteps: 2, emaDecay: 0.9, r1: [0.1, 0.2] }
  const model = training().create({ ...shared, ...config, stepsTogether })
  models.push(model)
  await training().setDataset(model, IMAGES, COUNT, LABELS)
  return model
}

async function train(model: NativeModel, request: object = {}) {
  const events: NativeEvent[] = []
  const whole = { snapshotEvery: 0, checkpointEvery: 0, maxSteps: 0, ...request }
  const epoch = await training().trainEpoch(model, whole, event => {
    events.push(event)
    if (event.kind === 'checkpoint') training().acknowledgeCheckpoint(model)
  })
  return { epoch, events, losses: Buffer.from(epoch.losses) }
}

const bytes = (state: NativeState) =>
  state.tensors.map(({ name, data }) => [name, Buffer.from(data).toString('base64')])
const stateOf = async (model: NativeModel) => bytes(await training().exportState(model, 'all'))

test('steps made together compute what single steps do, over epochs', async () => {
  const [single, together] = [await create(1), await create(4)]
  for (let epoch = 0; epoch < 2; epoch++) {
    const [expected, found] = [await train(single), await train(together)]
    expect(found.losses).toEqual(expected.losses)
    expect(found.epoch).toMatchObject({ batch: 14, finished: true, captureFailure: '' })
  }
  expect(await stateOf(together)).toEqual(await stateOf(single))
})

test('a last mini-batch that is smaller is a step by itself', async () => {
  const [single, together] = [await create(1, { batchSize: 4 }), await create(5, { batchSize: 4 })]
  expect((await train(together)).losses).toEqual((await train(single)).losses)
  expect(await stateOf(together)).toEqual(await stateOf(single))
})

test('snapshots and checkpoints come after the same steps, with the same contents', async () => {
  const request = { snapshotEvery: 6, checkpointEvery: 5 }
  const seen = async (stepsTogether: number) => {
    const { events } = await train(await create(stepsTogether), request)
    return events
      .filter(({ kind }) => kind !== 'progress')
      .map(event =>
        event.kind === 'checkpoint'
          ? [event.kind, event.state.step, bytes(event.state)]
          : event.kind === 'snapshot'
            ? [event.kind, event.step, event.batch, Buffer.from(event.pixels)]
            : [],
      )
  }
  const expected = await seen(1)
  expect(expected.map(([kind, step]) => `${kind} ${step}`)).toEqual([
    'snapshot 0',
    'checkpoint 5',
    'snapshot 6',
    'checkpoint 10',
    'snapshot 12',
  ])
  expect(await seen(4)).toEqual(expected)
})

test('an epoch that ends after some steps continues with the next one', async () => {
  const [single, together] = [await create(1), await create(4)]
  await train(single)
  const parts = [
    await train(together, { maxSteps: 6 }),
    await train(together, { maxSteps: 1 }),
    await train(together),
  ]
  expect(parts.map(({ epoch }) => epoch.batch)).toEqual([6, 7, 14])
  expect(await stateOf(together)).toEqual(await stateOf(single))
})

test('progress reports every step once', async () => {
  const { epoch, events } = await train(await create(4))
  const reports = events.flatMap(event => ('losses' in event ? [Buffer.from(event.losses)] : []))
  expect(Buffer.concat(reports)).toEqual(Buffer.from(epoch.losses))
})
