'use strict'

// Arguments that are right, wrong or hostile. Those that act do so on buffers that the other arguments lie in.

const fc = require('fast-check')

/** The value that hostile arguments throw. It is the caller's own, and passed on as it is. */
class Own extends Error {
  /** @param {string} where */
  constructor(where) {
    super(`the caller's own error in ${where}`)
  }
}

const PIXELS = 784
const LATENT_DIM = 4

/** A value that is made when its call is: what it does then, it does to that call. */
class Later {
  /** @param {() => unknown} make */
  constructor(make) {
    this.make = make
  }
}

/** The value itself, and those in a plain object of the fuzzer's. @param {unknown} value @returns {any} */
function realise(value) {
  return value instanceof Later ? value.make() : value
}

/** Options that are the fuzzer's own, and may be completed. */
const made = new WeakSet()

/** @param {Record<string, unknown>} options */
function realiseAll(options) {
  const entries = Object.entries(options).map(([key, value]) => [key, realise(value)])
  const all = Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  made.add(all)
  return all
}

/** The buffers of all arguments so far, to be corrupted while calls use them. */
class Buffers {
  /** @type {any[]} */
  #all = []

  /** @param {number} bytes @param {string} kind */
  make(bytes, kind) {
    const Kind = /** @type {any} */ (kind === 'shared' ? SharedArrayBuffer : ArrayBuffer)
    const buffer = kind === 'plain' ? new ArrayBuffer(bytes) : new Kind(bytes, { maxByteLength: 2 * bytes })
    this.#all.push(buffer)
    return buffer
  }

  /** Does something to the youngest ones. @param {string} how */
  corrupt(how) {
    for (const buffer of this.#all.splice(-3)) {
      try {
        if (how === 'fill') new Uint8Array(buffer).fill(255)
        else if (how === 'detach') structuredClone(buffer, { transfer: [buffer] })
        else if (how === 'grow') (buffer.grow ?? buffer.resize).call(buffer, buffer.maxByteLength)
        else buffer.resize(how === 'empty' ? 0 : buffer.byteLength >> 1)
      } catch {
        // A buffer of another kind, or one that is gone already.
      }
    }
  }
}

const buffers = new Buffers()

/** The first value most of the time. @param {string[]} values */
const usually = (...values) => fc.constantFrom(...Array(5).fill(values[0]), ...values)

const corruptions = fc.constantFrom('fill', 'detach', 'grow', 'shrink', 'empty')
const kinds = fc.constantFrom('plain', 'plain', 'resizable', 'shared')

/** An object that fails, or is gone, when it is looked at. @param {string} how @returns {unknown} */
function hostile(how) {
  const fail = () => {
    throw new Own(how)
  }
  if (how === 'getter') {
    const methods = { toString: fail, valueOf: fail, [Symbol.toPrimitive]: fail }
    return Object.defineProperty(methods, 'seed', { get: fail, enumerable: true })
  }
  const { proxy, revoke } = Proxy.revocable({}, { [how]: fail })
  if (how === 'revoked') revoke()
  return proxy
}

const ODD_NUMBERS = [-1, 0, 1.5, Number.NaN, Infinity, -0, 2 ** 53, 10n]
const ODD_VALUES = [null, '', 'x', '\0', [], Symbol('s'), Object]
const HOSTILE = ['revoked', 'get', 'ownKeys', 'has', 'getPrototypeOf', 'getter']

/** Anything that has no business where it is given. */
const wrong = fc.oneof(
  fc.anything(),
  fc.constantFrom(...ODD_NUMBERS, ...ODD_VALUES),
  fc.constantFrom(...HOSTILE).map(how => new Later(() => hostile(how))),
  fc.record({ length: fc.integer(), constructor: fc.anything() }),
)

/** Right values most of the time. @template T @param {fc.Arbitrary<T>} right @param {number} [weight] @returns {fc.Arbitrary<any>} */
const mostly = (right, weight = 24) => fc.oneof({ arbitrary: right, weight }, { arbitrary: wrong, weight: 1 })

/** @param {any} array */
const lying = array => Object.defineProperty(array, 'length', { value: 1 << 20 })

/** Float32Arrays for `count` latent vectors, and some that are not. @param {number} count */
const latents = count =>
  fc
    .record({
      length: fc.oneof({ arbitrary: fc.constant(count * LATENT_DIM), weight: 12 }, fc.nat(40)),
      kind: kinds,
      shape: usually('plain', 'tracking', 'lying', 'subclass', 'nan', 'gone'),
    })
    .map(
      ({ length, kind, shape }) =>
        new Later(() => {
          const buffer = buffers.make(4 * length, kind)
          if (shape === 'subclass') return new (class extends Float32Array {})(buffer, 0, length)
          const array = shape === 'tracking' ? new Float32Array(buffer) : new Float32Array(buffer, 0, length)
          if (shape === 'nan') array.fill(Number.NaN)
          if (shape === 'gone') buffers.corrupt('detach')
          return shape === 'lying' ? lying(array) : array
        }),
    )

/** Data sets of a few images. The properties of some corrupt them when they are read. */
const datasets = fc
  .record({
    count: fc.integer({ min: 2, max: 5 }),
    kind: kinds,
    shape: usually('plain', 'lying', 'short', 'getter', 'gone'),
    corrupt: corruptions,
  })
  .map(
    ({ count, kind, shape, corrupt }) =>
      new Later(() => {
        const images = new Uint8Array(buffers.make(count * PIXELS, kind), 0, count * PIXELS)
        for (let i = 0; i < images.length; i++) images[i] = (i * 7) % 251
        if (shape === 'gone') buffers.corrupt('detach')
        const dataset = { images: shape === 'lying' ? lying(images) : images, count, width: 28, height: 28 }
        if (shape === 'short') dataset.count++
        if (shape !== 'getter') return dataset
        return Object.defineProperty(dataset, 'height', {
          enumerable: true,
          get() {
            buffers.corrupt(corrupt)
            return 28
          },
        })
      }),
  )

/** Signals: those that abort by and by, and things that look like one. @param {AbortController[]} controllers */
const signals = controllers =>
  fc
    .record({
      shape: usually('fresh', 'aborted', 'soon', 'acts', 'throws', 'bare'),
      corrupt: corruptions,
    })
    .map(({ shape, corrupt }) => new Later(() => signal(shape, corrupt, controllers)))

/** @param {string} shape @param {string} corrupt @param {AbortController[]} controllers */
function signal(shape, corrupt, controllers) {
  const controller = new AbortController()
  controllers.push(controller)
  if (shape === 'aborted') controller.abort(new Own('an aborted signal'))
  if (shape === 'soon') setImmediate(() => controller.abort(new Own('a signal')))
  if (shape === 'bare') return { aborted: false, addEventListener() {} }
  if (shape !== 'acts' && shape !== 'throws') return controller.signal
  const act = () => {
    buffers.corrupt(corrupt)
    if (shape === 'throws') throw new Own('a signal of its own')
  }
  return {
    get aborted() {
      buffers.corrupt(corrupt)
      return false
    },
    throwIfAborted: act,
    addEventListener: act,
    removeEventListener() {},
  }
}

module.exports = {
  ...{ buffers, corruptions, datasets, LATENT_DIM, Later, latents, made, mostly, Own },
  ...{ realise, realiseAll, signals, wrong },
}
