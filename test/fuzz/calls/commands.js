'use strict'

// The calls that a sequence is made of.

const fc = require('fast-check')
const { animate, DCGAN, ImageBatch, loadMnist } = require('../../../dist/index.js')
const { HPARAMS } = require('./stage.js')
const values = require('./values.js')

const { buffers, corruptions, datasets, latents, Later, made, mostly, Own, signals, wrong } = values
const { realise, realiseAll } = values

/** @typedef {InstanceType<typeof import('./stage.js').Stage>} Stage */

class Command {
  /** @param {string} name @param {(stage: Stage) => unknown} act */
  constructor(name, act) {
    this.name = name
    this.act = act
  }
  check() {
    return true
  }
  /** @param {unknown} _model @param {Stage} stage */
  async run(_model, stage) {
    await this.act(stage)
  }
  toString() {
    return this.name
  }
}

/**
 * A call with these arguments, one or a list of them.
 *
 * @param {string} name @param {fc.Arbitrary<any>} args @param {(stage: Stage, args: any) => unknown} act
 */
const command = (name, args, act) =>
  args.map(
    given =>
      new Command(name, stage => act(stage, Array.isArray(given) ? given.map(realise) : realise(given))),
  )

const index = fc.nat(5)

/**
 * A call of a method of one of the models.
 *
 * @param {string} name @param {fc.Arbitrary<any>[]} args @param {(gan: any, args: any[], stage: Stage) => unknown} call
 */
const method = (name, args, call) =>
  command(name, fc.tuple(index, ...args), (stage, [i, ...given]) => {
    const gan = stage.model(i)
    stage.call(name, () => call(gan, given, stage))
  })

const seed = mostly(fc.constantFrom(0, 1, 42, 2 ** 53 - 1))
const count = mostly(fc.integer({ min: 1, max: 6 }))
const files = mostly(fc.constantFrom('a.safetensors', 'b.safetensors', 'none/c.safetensors', '.'), 20)

/** @param {Stage} stage @param {any} file */
const placed = (stage, file) => (typeof file === 'string' && file.length > 1 ? stage.file(file) : file)

/** Options of which some are left out. @param {Record<string, fc.Arbitrary<any>>} record */
const options = record =>
  mostly(
    fc.record(record, { requiredKeys: [] }).map(given => new Later(() => realiseAll(given))),
    24,
  )

/**
 * Gives options these data sets where they name none: with those of MNIST a call takes minutes, and the sequence waits
 * for it.
 *
 * @param {any} given @param {string[]} keys
 */
function withoutMnist(given, keys) {
  try {
    if (!made.has(given) && Reflect.ownKeys(given).length > 0) return
    // Defined, not set: a hostile object may fail at the look that ??= takes, and be harmless as it is.
    for (const key of keys)
      if (!Object.hasOwn(given, key)) Object.defineProperty(given, key, { value: null, enumerable: true })
  } catch {
    // No object, or one that fails at every look.
  }
}

/** Names of options that other code may have put into Object.prototype. With a signal there, Node.js itself fails. */
const POLLUTION = [
  'seed latents labels minConfidence log tensorboard checkpoint columns scale gap order half only output',
  'keep mode maxSteps maxQueue maxBatch classes threads delay repeat split newData durable fixed peers',
].flatMap(line => line.split(' '))

/**
 * Makes calls while every object inherits a property. They read options and files of their own meanwhile.
 *
 * @param {Stage} stage @param {any} gan @param {string} key @param {unknown} value
 */
async function polluted(stage, gan, key, value) {
  Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true })
  try {
    await Promise.all([
      stage.call('polluted sample', () => gan.sample(2, {})),
      stage.call('polluted interpolate', () => gan.interpolate(1, 2, 3)),
      stage.call('polluted saveGrid', () => gan.saveGrid(stage.file('polluted.png'), {})),
      stage.call('polluted save', () => gan.save(stage.file('polluted.safetensors'), {})),
    ])
  } finally {
    Reflect.deleteProperty(Object.prototype, key)
  }
}

const GLOBALS = 'ArrayBuffer SharedArrayBuffer Uint8Array Float32Array Error Map URL Object'.split(' ')
const REPLACEMENTS = [
  undefined,
  class {},
  class extends Uint8Array {},
  () => {
    throw new Own('a replaced global')
  },
]

/**
 * Makes a call while a global is replaced. The process must stay, and the error may be any.
 *
 * @param {any} name @param {unknown} replacement @param {() => any} call
 */
async function replaced(name, replacement, call) {
  const global = /** @type {any} */ (globalThis)
  const { [name]: original } = global
  let promise
  try {
    global[name] = replacement
    promise = call()
  } catch {
    return
  } finally {
    global[name] = original
  }
  await promise.catch(() => {})
}

/** @param {Stage} stage */
function callbacks(stage) {
  return fc.constantFrom(
    () => {},
    async () => {},
    () => new Promise(resolve => setTimeout(resolve, 3)),
    () => {
      throw new Own('onProgress')
    },
    async () => {
      throw new Own('an async onProgress')
    },
    () => new Promise((_, reject) => setTimeout(() => reject(new Own('a late onProgress')), 20)),
    () => {
      stage.call('sample in onProgress', () => stage.model(0).sample())
    },
    () => {
      stage.call('dispose in onProgress', () => stage.model(0).dispose())
    },
    () => buffers.corrupt('fill'),
  )
}

/** @param {Stage} stage @returns {fc.Arbitrary<Command>[]} */
function allCommands(stage) {
  const signal = mostly(signals(stage.controllers))
  const onProgress = mostly(callbacks(stage))
  const hparams = options({
    seed,
    batchSize: mostly(fc.constantFrom(2, 3)),
    emaDecay: mostly(fc.constantFrom(0, 0.9)),
    maxBatch: mostly(fc.constantFrom(1, 2, 64)),
    maxQueue: mostly(fc.constantFrom(1, 8, 4096)),
    threads: mostly(fc.constantFrom(1, 2, 'auto')),
    classes: mostly(fc.constantFrom(0, 0, 10)),
    device: mostly(fc.constant('cpu')),
    discLr: mostly(fc.constantFrom(0.001, 1, [0.001, 1], [])),
    loss: mostly(fc.constantFrom('bce', 'relativistic')),
    r1: mostly(fc.constantFrom(0, 1, 1000, [1, 0])),
    r2: mostly(fc.constantFrom(0, 1)),
    mismatch: mostly(fc.constantFrom(0, 0, 0.1)),
    dropout: mostly(fc.constantFrom(0, 0.3)),
    labelSmoothing: mostly(fc.constantFrom(0, 0.1)),
    discSteps: mostly(fc.constantFrom(1, 2)),
    kernels: mostly(fc.constantFrom('auto', 'plain')),
  })
  const checkpoint = options({
    path: files.map(file => new Later(() => placed(stage, file))),
    everySteps: mostly(fc.integer({ min: 1, max: 3 })),
    keep: mostly(fc.nat(2)),
  })
  const newData = mostly(fc.boolean())
  const train = options({
    dataset: mostly(datasets),
    onProgress,
    signal,
    checkpoint,
    newData,
    outputDir: fc.constant(null),
    maxSteps: mostly(fc.integer({ min: 1, max: 3 })),
    log: mostly(fc.constantFrom('a.csv', 'b.csv', 'a.safetensors', '.')).map(
      file => new Later(() => placed(stage, file)),
    ),
  })
  const minConfidence = mostly(fc.constantFrom(0, 0.5, 1))
  const truncation = mostly(fc.constantFrom(0, 0.5, 1))
  const labels = mostly(fc.nat(9))
  const only = mostly(fc.constant('generator'))
  const half = mostly(fc.boolean())
  const output = mostly(fc.constantFrom('float32', 'uint8'))
  const layout = { columns: count, scale: count, signal }
  const pictures = options({ seed, count, latents: mostly(latents(2)), minConfidence, truncation, ...layout })
  const evaluation = options({
    count: mostly(fc.integer({ min: 2, max: 9 })),
    seed,
    dataset: mostly(datasets),
    floorDataset: mostly(datasets),
    onProgress,
    signal,
  })
  return [
    command('make', hparams, (stage, given) =>
      stage.call('make', () => {
        const own = made.has(given) ? { ...HPARAMS, ...given } : given
        if (stage.models.length < 4) stage.models.push(new DCGAN(own))
      }),
    ),
    ...[1, 2, 3, 4].map(n =>
      method(
        'sample',
        [
          mostly(fc.constant(n)),
          fc.oneof(
            options({ seed, signal }),
            options({ seed, labels, minConfidence, truncation, signal }),
            options({ latents: mostly(latents(n)), signal }),
          ),
        ],
        (gan, args) => gan.sample(...args),
      ),
    ),
    command('evaluate', fc.tuple(index, evaluation), (stage, [i, given]) => {
      const gan = stage.model(i)
      withoutMnist(given, ['dataset', 'floorDataset'])
      if (given !== undefined) stage.call('evaluate', () => gan.evaluate(given))
    }),
    method('interpolate', [seed, seed, count, options({ signal })], (gan, args) => gan.interpolate(...args)),
    method('saveGrid', [files, pictures], (gan, [file, given], stage) =>
      gan.saveGrid(placed(stage, file), given),
    ),
    method('save', [files, options({ only, half })], (gan, [file, given], stage) =>
      gan.save(placed(stage, file), given),
    ),
    method('exportOnnx', [files, options({ output, half })], (gan, [file, given], stage) =>
      gan.exportOnnx(placed(stage, file), given),
    ),
    command('load', fc.tuple(files, hparams), (stage, [file, given]) => {
      if (stage.models.length < 4) stage.call('load', () => DCGAN.load(placed(stage, file), given))
    }),
    ...[1, 2].map(() =>
      // As above: without a data set it would read MNIST.
      method(
        'trainEpoch',
        [mostly(datasets), options({ onProgress, signal, newData })],
        (gan, [set, given]) => gan.trainEpoch(set ?? null, given),
      ),
    ),
    command('train', fc.tuple(index, train), (stage, [i, given]) => {
      const gan = stage.model(i)
      withoutMnist(given, ['dataset'])
      if (given !== undefined) stage.call('train', () => gan.train(given))
    }),
    command('read', index, (stage, i) => {
      const gan = stage.model(i)
      for (const key of ['hparams', 'device', 'step', 'epoch', 'stats']) stage.call(key, () => gan[key])
    }),
    command('picture', fc.tuple(mostly(fc.constant(1568)), wrong, wrong), (stage, [bytes, i, given]) => {
      stage.call('new ImageBatch', () => {
        const batch = new ImageBatch(bytes === 1568 ? new Uint8Array(bytes) : bytes)
        stage.call('png', () => batch.png(i))
        stage.call('image', () => batch.image(i))
        stage.call('grid', () => batch.grid(given))
        stage.call('gif', () => batch.gif(given))
      })
    }),
    command('animate', fc.tuple(files, files, wrong), (stage, [folder, file, given]) => {
      stage.call('animate', () => animate(placed(stage, folder), placed(stage, file), given))
    }),
    command('loadMnist', fc.tuple(files, wrong), (stage, [folder, given]) => {
      stage.call('loadMnist', () => loadMnist(placed(stage, folder), given))
    }),
    command(
      'polluted',
      fc.tuple(index, fc.constantFrom(...POLLUTION), fc.oneof(wrong, count, labels)),
      (stage, [i, key, value]) => polluted(stage, stage.model(i), key, value),
    ),
    command(
      'replaced',
      fc.tuple(index, fc.constantFrom(...GLOBALS), fc.nat(REPLACEMENTS.length - 1), mostly(latents(2))),
      (stage, [i, name, which, given]) => {
        const gan = stage.model(i)
        const call = () => replaced(name, REPLACEMENTS[which], () => gan.sample(2, { latents: given }))
        return stage.call('sample with a replaced global', call)
      },
    ),
    command('abort', index, (stage, i) => stage.controllers.at(-1 - i)?.abort(new Own('an abort'))),
    command('dispose', index, (stage, i) => {
      const [gan] = stage.models.splice(i, 1)
      if (gan !== undefined) stage.call('dispose', () => gan.dispose())
    }),
    command('forget', index, (stage, i) => void stage.models.splice(i, 1)),
    command('corrupt', corruptions, (_, how) => buffers.corrupt(how)),
    command('collect', fc.constant(0), () => /** @type {any} */ (globalThis).gc()),
    command('wait', fc.nat(30), (_, ms) => new Promise(resolve => setTimeout(resolve, ms))),
    command('settle', fc.constant(0), async stage => {
      await Promise.race([Promise.all(stage.pending), new Promise(resolve => setTimeout(resolve, 1000))])
    }),
    fc.oneof(
      { arbitrary: fc.constant(new Command('nothing', () => {})), weight: 9 },
      {
        arbitrary: command('worker', fc.tuple(fc.nat(400), fc.boolean()), (stage, [ms, exits]) =>
          stage.worker(ms, exits),
        ),
        weight: 1,
      },
    ),
  ]
}

module.exports = { allCommands }
