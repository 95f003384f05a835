import { Worker } from 'node:worker_threads'
import { ImageBatch, subset } from '../../lib/index'
import { copyOf } from '../../lib/internal/typed-arrays'
import { bars, tiny } from '../support/dcgan'
import { failure, refused } from '../support/failure'

/** Transfers an array's memory away, as `postMessage()` does. */
function transfer({ buffer }: Uint8Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
}

const refusal = { name: 'DcganError', code: 'ERR_DCGAN_INVALID_ARGUMENT' }

describe('a batch with pixels that were transferred', () => {
  test.each<[string, (batch: ImageBatch) => unknown]>([
    ['image()', batch => batch.image(0)],
    ['png()', batch => batch.png(0)],
    ['grid()', batch => batch.grid()],
    ['gif()', batch => batch.gif()],
    ['slice()', batch => batch.slice()],
    ['its iterator', batch => [...batch]],
  ])('has no images: %s is an error with a code', async (_name, call) => {
    const batch = new ImageBatch(new Uint8Array(2 * 784), new Uint8Array(2))
    transfer(batch.pixels)
    const error = await failure((async () => call(batch))())
    expect(error).toMatchObject(refusal)
    expect(error.message).toMatch(/pixels of this batch were transferred or replaced/)
  })

  test('is refused by slice() also where only the labels were', async () => {
    const labels = new Uint8Array(2)
    const batch = new ImageBatch(new Uint8Array(2 * 784), labels)
    transfer(labels)
    expect(() => batch.slice()).toThrow(expect.objectContaining(refusal))
  })

  test.each(['png', 'grid', 'gif'] as const)(
    'fails with a code, or not at all, where an option of %s() transfers them',
    async name => {
      const batch = new ImageBatch(new Uint8Array(2 * 784))
      const options = {
        get scale() {
          transfer(batch.pixels)
          return 2
        },
      }
      const made = name === 'png' ? batch.png(0, options) : batch[name](options)
      await made.then(
        bytes => expect(bytes.length).toBeGreaterThan(0),
        error => expect(error).toMatchObject(refusal),
      )
    },
  )
})

test('an array with a hostile species makes no other array', () => {
  class Hostile extends Uint8Array {
    static get [Symbol.species](): never {
      throw new Error('species')
    }
  }
  const batch = new ImageBatch(new Hostile(2 * 784))
  expect(batch.image(1)).toHaveLength(784)
  const images = new Hostile(bars(3).images)
  const part = subset({ ...bars(3), images }, [2])
  expect(part.images).toEqual(bars(3).images.slice(2 * 784))
})

test('subset() refuses a list that transfers the images while it is read', () => {
  const dataset = { ...bars(3), labels: Uint8Array.of(1, 2, 3) }
  for (const array of [dataset.labels, dataset.images]) {
    const which = new Proxy([0, 1], {
      get(target, key) {
        if (key === '1' && array.length > 0) transfer(array)
        return Reflect.get(target, key)
      },
    })
    expect(() => subset(dataset, which)).toThrow(expect.objectContaining(refusal))
    dataset.labels = Uint8Array.of(1, 2, 3)
  }
})

test('subset() reads a list by its indices, not by an iterator without an end', () => {
  const which = Object.assign([1], {
    *[Symbol.iterator]() {
      for (;;) yield 0
    },
  })
  expect(subset(bars(3), which).count).toBe(1)
})

test('a findIndex() of the caller does not hide bad labels', async () => {
  const labels = Object.assign(Uint8Array.of(0, 9, 1, 2), { findIndex: () => -1 })
  const gan = tiny({ classes: 3 })
  await refused(gan.trainEpoch({ ...bars(4), labels }), 'ERR_DCGAN_BAD_DATASET')
})

test.each([
  ['a symbol', { length: Symbol('two') }],
  [
    'an error',
    {
      get length() {
        throw new Error('no')
      },
    },
  ],
  ['a number that is none', { length: Number.NaN }],
])('saveGrid() refuses labels with a length that is %s', async (_what, labels) => {
  const error = await failure(tiny({ classes: 3 }).saveGrid('x', { labels: labels as never }))
  expect(error).toMatchObject(refusal)
})

test('an array that another thread lets grow is copied in one length', async () => {
  const state = new Int32Array(new SharedArrayBuffer(4))
  const buffer = new (
    SharedArrayBuffer as unknown as new (
      bytes: number,
      options: object,
    ) => SharedArrayBuffer
  )(8, { maxByteLength: 2 ** 22 })
  const script = `
    const { state, buffer } = require('node:worker_threads').workerData
    Atomics.store(state, 0, 1)
    Atomics.notify(state, 0)
    for (let size = 16; size <= buffer.maxByteLength && Atomics.load(state, 0) === 1; size += 16) buffer.grow(size)
    Atomics.store(state, 0, 2)`
  const worker = new Worker(script, { eval: true, workerData: { state, buffer } })
  const tracking = new Uint8Array(buffer)
  try {
    while (Atomics.load(state, 0) === 0) await new Promise(resolve => setTimeout(resolve, 1))
    let length = 0
    while (Atomics.load(state, 0) === 1) {
      const copy = copyOf(tracking)
      expect(copy.length).toBeGreaterThanOrEqual(length)
      length = copy.length
    }
  } finally {
    Atomics.store(state, 0, 2)
    await worker.terminate()
  }
})
