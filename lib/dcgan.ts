import { join } from 'node:path'
import { inspect } from 'node:util'
import { readState } from './checkpoint/file.js'
import { checkChanges, checkSave, keptParams, onlyGenerator, type SaveOptions } from './checkpoint/options.js'
import type { TrainingImages } from './datasets/dataset.js'
import { TrainingData } from './datasets/training-data.js'
import { DcganError, invalidArgument } from './errors.js'
import type { EvaluateOptions, Evaluation } from './evaluation/index.js'
import {
  checkHyperParams,
  type HyperParamOptions,
  type HyperParams,
  resolveHyperParams,
} from './hyperparams.js'
import { type ConfidentBatch, ImageBatch, type LabelledBatch } from './images/batch.js'
import { asyncDispose } from './internal/async-dispose.js'
import { channels, published } from './internal/diagnostics.js'
import { checkPath, writeFileAtomic } from './internal/files.js'
import { assertInstalled } from './internal/installed.js'
import { lazy } from './internal/lazy.js'
import { checkLocalSource } from './internal/local-source.js'
import { checkSwitch, reading } from './internal/options.js'
import type { Source } from './internal/source.js'
import { type Classifier, loadClassifier, ownClassifier } from './native/classifier.js'
import type { ChosenDevice } from './native/device.js'
import type { EngineName } from './native/engines.js'
import { Model } from './native/model.js'
import { settleSeed } from './native/peers.js'
import type { ChosenPrecision } from './native/precision.js'
import { Saver } from './native/saver.js'
import type { NativeSampleRequest, ServingStats } from './native/types.js'
import type { ExportOnnxOptions } from './onnx/export.js'
import { checkGenerate, type GenerateOptions, type GeneratePlan, requestsOf } from './sampling/generate.js'
import { checkSaveGrid, type SaveGridOptions } from './sampling/grid.js'
import { checkInterpolation, type InterpolateOptions, slerp } from './sampling/interpolation.js'
import type { Classes } from './sampling/labels.js'
import { type Confident, checkSample, type Labelled, type SampleOptions } from './sampling/request.js'
import type { EpochResult } from './training/epoch-result.js'
import type { EpochOptions, TrainOptions } from './training/options.js'
import type { TrainResult } from './training/train.js'

const training = lazy(() => require('./training/train.js') as typeof import('./training/train.js'))
const evaluation = lazy(() => require('./evaluation/index.js') as typeof import('./evaluation/index.js'))
const writing = lazy(() => require('./checkpoint/write.js') as typeof import('./checkpoint/write.js'))
const onnx = lazy(() => require('./onnx/export.js') as typeof import('./onnx/export.js'))
const summary = lazy(() => require('./internal/summary.js') as typeof import('./internal/summary.js'))

/** Marks the constructor call of `load()`: its model needs no LibTorch until it trains. */
const LOADED = Symbol('loaded')

const PRETRAINED = join(__dirname, '..', 'weights', 'mnist.safetensors')

/** The state of a model that has made no step. */
const START = { step: 0, epoch: 0, batch: 0, datasetCount: 0, datasetHash: '' }

/** Options of `DCGAN.pretrained()`. */
export interface PretrainedOptions extends HyperParamOptions {
  /** Gives the generator a discriminator, so that it can be trained on other images. Default false. */
  trainable?: boolean | undefined
}

/**
 * A deep convolutional GAN on 28×28 grey images: a generator that makes digits from latent vectors, and the
 * discriminator that teaches it. Each model has a thread of its own, so its methods do not block the event loop.
 *
 * Every failure is a `DcganError`. After `dispose()`, every method rejects with `ERR_DCGAN_DISPOSED`, and the
 * properties keep their last values.
 *
 * @example
 * import { DCGAN } from 'libtorch-dcgan'
 *
 * const gan = new DCGAN({ epochs: 3, seed: 7 })
 * await gan.train({ onProgress: ({ step, totalSteps }) => console.log(step, totalSteps) })
 * const digits = await gan.sample(16, { seed: 42 })
 * await gan.dispose()
 */
export class DCGAN {
  /** The complete hyper-parameters, with the seed that was drawn. Frozen. */
  readonly hparams: Readonly<HyperParams>
  readonly #model: Model
  readonly #saver: Saver
  readonly #data = new TrainingData()
  #training = false
  #generatorOnly = false

  /**
   * Makes a new model with weights drawn from `seed`. It needs LibTorch, which the first one of a process loads in a
   * quarter of a second.
   *
   * @param hparams hyper-parameters that differ from the defaults; an unknown key is an error
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, `ERR_DCGAN_NO_CUDA`, `ERR_DCGAN_NATIVE_NOT_FOUND`,
   *   `ERR_DCGAN_LIBTORCH_MISMATCH`; with `distributed`, `ERR_DCGAN_PEER`
   */
  constructor(hparams?: HyperParamOptions)
  constructor(hparams?: HyperParamOptions, loaded?: typeof LOADED) {
    this.hparams = resolveHyperParams(hparams, settleSeed)
    this.#model = new Model(this.hparams, this, loaded === LOADED ? 'sampling' : 'training')
    this.#saver = new Saver(this.#model)
  }

  /**
   * Makes a model from a file that `save()` or a checkpoint wrote. `train()` continues exactly where that model was, on
   * the data set that it was trained on.
   *
   * The model samples without LibTorch, unless it is given a CUDA device, `precision: 'bfloat16'` or `kernels: 'plain'`.
   * `train()` opens LibTorch for it, and the same seed continues to make the same digits.
   *
   * `device`, `threads`, `precision`, `maxBatch`, `maxQueue` and `distributed` belong to the machine, so the file's values
   * are ignored. A whole model keeps three of them, because training continues bit for bit only with the same ones:
   * `precision`; `device`, if it is `'cpu'`; and `threads`, if this machine has at least as many cores. `overrides`
   * replace all six.
   *
   * @param source a file of a whole model or of a generator alone: its path, its URL (`file:`, `http:` or `https:`), or
   *   its bytes
   * @param overrides hyper-parameters that replace those in the file, such as `epochs`, and the ones of this machine.
   *   Some cannot change, because the file's tensors depend on them: `latentDim` and `classes`; for a whole model also
   *   `outputDim` and `seed`; and `batchSize` in the middle of an epoch.
   * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT`, `ERR_DCGAN_IO`, and every error of the constructor
   */
  static async load(source: Source, overrides?: HyperParamOptions): Promise<DCGAN> {
    return DCGAN.#read(source, 'the overrides of load()', overrides)
  }

  /** Makes a model from a state file: the file's model or, if `trainable`, a new one with the file's generator. */
  static async #read(
    source: Source,
    what: string,
    overrides: HyperParamOptions | undefined,
    trainable = false,
  ): Promise<DCGAN> {
    const checked = checkLocalSource(source)
    const changes = checkHyperParams(what, overrides)
    const loaded = await readState(checked)
    const hparams = { ...keptParams(loaded), ...checkChanges(changes, loaded, checked.name) }
    const gan = Reflect.construct(DCGAN, trainable ? [hparams] : [hparams, LOADED]) as DCGAN
    try {
      const state = trainable ? { ...START, tensors: loaded.state.tensors } : loaded.state
      await gan.#model.importState(state)
      gan.#data.restore(checked.name, state, loaded.classNames)
      gan.#generatorOnly = !trainable && loaded.kind === 'generator'
      return gan
    } catch (error) {
      await gan.dispose()
      throw error
    }
  }

  /**
   * Loads the class-conditional generator of digits that the package ships in half precision: the tutorial's networks
   * after 20 epochs of MNIST with `recipes.best` (docs/quality.md has its figures).
   *
   * It is a generator alone, which samples. With `trainable: true` it becomes a whole model at step 0 with a new
   * discriminator, to be trained on other images. This needs LibTorch.
   *
   * @param overrides `trainable`, and hyper-parameters as for `load()`
   * @throws {DcganError} every error of `load()`
   */
  static async pretrained(overrides?: PretrainedOptions): Promise<DCGAN> {
    assertInstalled(join(__dirname, '..'))
    // Without options, the usual case, this is load(). For another value that is no object, load() reports the error.
    if (typeof overrides !== 'object' || overrides === null || Array.isArray(overrides))
      return DCGAN.load(PRETRAINED, overrides)
    const { trainable, ...others } = reading('the options of pretrained()', () => ({ ...overrides }))
    if (!checkSwitch('trainable', trainable)) return DCGAN.load(PRETRAINED, others)
    return DCGAN.#read(PRETRAINED, 'the options of pretrained()', others, true)
  }

  /** The device that the model runs on now. A loaded model is on the CPU until it trains, unless it was given CUDA. */
  get device(): ChosenDevice {
    return this.#model.machine.device
  }

  /** The precision of the model's training steps; `'float32'` for a loaded model that has not trained. */
  get precision(): ChosenPrecision {
    return this.#model.machine.precision
  }

  /**
   * The engine that computes the model now. A loaded model has `'native'`, or `'wasm'` where the package has no addon,
   * and `'libtorch'` once it trains.
   */
  get engine(): EngineName {
    return this.#model.engineName
  }

  /** The names of the classes, if the data set has names; a name works wherever a label does. State files keep them. */
  get classNames(): readonly string[] | undefined {
    return this.#data.classNames
  }

  /** Training steps that the model has made. */
  get step(): number {
    return this.#model.position.step
  }

  /** Epochs that the model has completed. */
  get epoch(): number {
    return this.#model.position.epoch
  }

  /** Counts of waiting and finished images, for your metrics. After `dispose()` it keeps its last values. */
  get stats(): ServingStats {
    return this.#model.stats
  }

  /**
   * Trains until the model has made `hparams.epochs` epochs in all. If it has already made them, returns at once. Writes
   * `dcgan_steps_%06d.png` at steps 0, `verboseFreq`, … and after the last step, and then `output.gif` of these pictures.
   *
   * If an earlier call stopped in the middle of an epoch, that epoch is finished first. With another data set, a new
   * epoch begins instead.
   *
   * The last mini-batch of an epoch may be smaller. If only one image is left for it, that image is left out of the
   * epoch, because batch normalisation needs two.
   *
   * After a failure, the model keeps what it has learned. The options and the images are read when the method is
   * called; a folder is read later.
   *
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`; `ERR_DCGAN_NATIVE_NOT_FOUND` without LibTorch; `ERR_DCGAN_BUSY`
   *   while training already runs; `ERR_DCGAN_WRONG_STATE` if the model is a generator alone; `ERR_DCGAN_BAD_DATASET`,
   *   also if a loaded model was trained on another data set and `newData` is not true; `ERR_DCGAN_IO` for a file that
   *   cannot be written; `ERR_DCGAN_DIVERGED`, with the step and the last checkpoint, when a loss is no longer finite;
   *   `ERR_DCGAN_PEER` when another process of a distributed run fails or stops. When the signal aborts: its reason
   */
  train(options?: TrainOptions): Promise<TrainResult> {
    return this.#exclusively(() => training().trainAll(this.#model, this.hparams, options, this.#data))
  }

  /**
   * Makes one epoch, or the rest of an epoch that was stopped, even if the model has made `hparams.epochs` already. Writes
   * no files.
   *
   * @param dataset images to train on, or a folder of them. Default: MNIST, as `loadMnist()` finds it
   * @throws as `train()` does
   */
  trainEpoch(dataset?: TrainingImages | string, options?: EpochOptions): Promise<EpochResult> {
    return this.#exclusively(() =>
      training().trainOne(this.#model, this.hparams, dataset, options, this.#data),
    )
  }

  /**
   * Makes images in evaluation mode: batch normalisation uses its running statistics. While the model trains, it makes
   * them between two steps. Requests that wait together share forward passes of up to `maxBatch` images.
   *
   * @param count images, 1 to `maxQueue`
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`; `ERR_DCGAN_OVERLOADED` if more than `maxQueue` images would wait,
   *   these included. When the signal aborts: its reason
   */
  sample(
    count: number | undefined,
    options: SampleOptions & Confident & Labelled,
  ): Promise<ConfidentBatch & LabelledBatch>
  sample(count: number | undefined, options: SampleOptions & Labelled): Promise<LabelledBatch>
  sample(count: number | undefined, options: SampleOptions & Confident): Promise<ConfidentBatch>
  sample(count?: number, options?: SampleOptions): Promise<ImageBatch>
  async sample(count = 1, options?: SampleOptions): Promise<ImageBatch> {
    this.#model.assertAlive()
    const { request, signal } = checkSample(count, options, this.#limits)
    return this.#images(request, signal)
  }

  /**
   * Makes any number of images, batch by batch, in constant memory: `for await (const batch of gan.generate({ count }))`.
   * Each batch is requested when the loop needs it, so a slow loop waits for nothing else. `writeDataset()` writes them as
   * a data set.
   *
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` at once; in the loop, as `sample()` does
   */
  generate(options: GenerateOptions): AsyncIterableIterator<ImageBatch> {
    this.#model.assertAlive()
    return this.#batches(checkGenerate(options, this.#limits))
  }

  /**
   * Makes images on the way from one seed's first image to another's, by interpolating their latent vectors along the
   * great circle between them. The first and the last image are `sample(1, { seed })` of the two seeds.
   *
   * @param fromSeed from 0 to 2⁵³ − 1
   * @param toSeed from 0 to 2⁵³ − 1
   * @param framesOrOptions images, both ends included, 2 to 10,000. Default 16; the options may stand here
   * @param options `label`: the label of all images of a class-conditional model, by default the one that it draws from
   *   `fromSeed`; `truncation` as for `sample()`; `signal` cancels the images that still wait
   * @throws as `sample()` does
   */
  async interpolate(
    fromSeed: number,
    toSeed: number,
    framesOrOptions?: number | InterpolateOptions,
    options?: InterpolateOptions,
  ): Promise<ImageBatch> {
    this.#model.assertAlive()
    const given = checkInterpolation(fromSeed, toSeed, framesOrOptions, options, this.#limits)
    const { request, signal } = given
    const latents = slerp(this.#model.latent(fromSeed), this.#model.latent(toSeed), request.count)
    return this.#images({ ...request, latents }, signal)
  }

  /**
   * Writes a PNG of many images. Without options it shows the model's fixed latent vectors, which run down the columns
   * as in the snapshots. With `seed`, `latents` or `labels` it shows new images, row by row.
   *
   * @param file path of the PNG, which is written whole or not at all; its folder must exist
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, also if the picture would have more than 2²⁴ pixels;
   *   `ERR_DCGAN_OVERLOADED` as `sample()` does; `ERR_DCGAN_IO` if the file cannot be written
   */
  async saveGrid(file: string, options?: SaveGridOptions): Promise<void> {
    this.#model.assertAlive()
    const path = checkPath('file', file)
    const { request, layout } = checkSaveGrid(options, this.#limits)
    await writeFileAtomic(path, await (await this.#images(request)).grid(layout))
  }

  /**
   * Measures how good the generator is. It compares generated images with real ones, in the features of a small
   * classifier of digits that the package ships. 10,000 images take about twelve seconds on two cores.
   *
   * The generator is the one at the moment of the call, even while training continues. The model serves other requests
   * in between; while it trains, it does a piece of this work after each step. The figures depend only on the weights,
   * the seed, the images and the classifier, not on the number of threads.
   *
   * The classifier that the package ships reads digits. For a model of other images with labels, one like it is trained on
   * the real images, which takes up to a minute, and is kept in the user's cache folder. `minConfidence` then uses it too.
   * Without labels, the shipped one is used: distances still rank models, but the figures of classes mean nothing.
   *
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`; `ERR_DCGAN_NATIVE_NOT_FOUND` without LibTorch;
   *   `ERR_DCGAN_BAD_DATASET` if the images cannot be read, do not fit, or fewer than two are left to compare. When the
   *   signal aborts: its reason
   *
   * @example
   * import { DCGAN } from 'libtorch-dcgan'
   *
   * const gan = await DCGAN.pretrained()
   * const { frechetDistance, labelAccuracy, floor, unseen } = await gan.evaluate({ count: 1000 })
   * console.log(frechetDistance, floor.frechetDistance)
   * console.log(labelAccuracy, unseen?.labelAccuracy)
   * await gan.dispose()
   */
  async evaluate(options?: EvaluateOptions): Promise<Evaluation> {
    this.#model.assertTrains()
    return published(
      channels.evaluation,
      { model: this },
      () => evaluation().evaluate(this.#model, this.hparams, this.#data, options),
      evaluation => ({ evaluation }),
    )
  }

  /**
   * Writes the model to a safetensors file, whole or not at all: weights, optimisers, random number generators, and how
   * far training is. `load()` and `train()` then continue exactly. While the model trains, the file holds its state
   * between two steps. Several calls are served one after the other.
   *
   * @param file its path; the folder must exist
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`; `ERR_DCGAN_IO`; `ERR_DCGAN_DIVERGED` if a weight is not finite;
   *   `ERR_DCGAN_WRONG_STATE` for a generator alone without `only: 'generator'`. An existing file is then untouched
   */
  async save(file: string, options?: SaveOptions): Promise<void> {
    this.#model.assertAlive()
    const path = checkPath('file', file)
    const how = { ...checkSave(options), durable: true }
    if (how.only === undefined && this.#generatorOnly) throw onlyGenerator('save')
    await this.#saver.save(how.only ?? 'all', state =>
      writing().writeState(path, state, this.hparams, { ...how, classNames: this.classNames }),
    )
  }

  /**
   * Writes the generator as an ONNX model (opset 13) for any ONNX runtime. Inputs: `latents`, float32 [N, latentDim],
   * and for a class-conditional model `labels`, int64 [N]. Output: `images`, [N, 1, 28, 28], float32 in (−1, 1) or
   * uint8. Batch normalisation is folded into the weights. The file also holds the hyper-parameters, the names of the
   * classes, and the steps made as the model's version. The runtime fails for a label that is no class, and for another
   * number of labels than of latent vectors.
   *
   * @param file its path; the folder must exist. It is written whole or not at all
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, `ERR_DCGAN_IO`
   */
  async exportOnnx(file: string, options?: ExportOnnxOptions): Promise<void> {
    this.#model.assertAlive()
    const path = checkPath('file', file)
    const { checkExportOnnx, exportModel } = onnx()
    const how = checkExportOnnx(options)
    await this.#saver.save('generator', state =>
      writeFileAtomic(path, exportModel(state, this.hparams, this.classNames, how)),
    )
  }

  /**
   * Frees the model and ends its thread. A running epoch stops after its step, and calls under way reject with
   * `ERR_DCGAN_DISPOSED`. Idempotent. Resolves when everything is freed.
   */
  dispose(): Promise<void> {
    return this.#model.dispose()
  }

  /** Returns the text that `console.log(gan)` shows. It has the hyper-parameters that are not defaults. */
  [inspect.custom](): string {
    return summary().summaryOf(this)
  }

  /** `await using gan = new DCGAN()` disposes of the model at the end of its block. */
  [asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** The limits and names that a request for images must fit. */
  get #limits(): HyperParams & Classes {
    return { ...this.hparams, classNames: this.classNames, digits: this.#data.digits }
  }

  /** Returns the classifier that reads images of this model's data set. */
  async #classifier(minConfidence: number): Promise<Classifier> {
    if (this.#data.digits) return loadClassifier()
    const own = await ownClassifier(this.#data.hash)
    if (own !== undefined && (this.hparams.classes === 0 || this.hparams.classes <= own.classes)) return own
    const why =
      'the images are no digits, and no classifier reads them yet. Call evaluate() first, which trains one'
    throw invalidArgument('minConfidence', 'nothing', minConfidence, why)
  }

  async #images(request: NativeSampleRequest, signal?: AbortSignal): Promise<ImageBatch> {
    const { count, minConfidence } = request
    const sample = async () => {
      if (minConfidence !== undefined) await this.#model.useClassifier(await this.#classifier(minConfidence))
      return this.#model.sample(request, signal)
    }
    const { pixels, labels, confidences } = await published(channels.sample, { model: this, count }, sample)
    return new ImageBatch(pixels, labels, confidences, this.classNames)
  }

  async *#batches(plan: GeneratePlan): AsyncIterableIterator<ImageBatch> {
    for await (const request of requestsOf(plan)) yield await this.#images(request, plan.signal)
  }

  /** Runs `train`, unless the model cannot be trained or is being trained. */
  async #exclusively<T>(train: () => Promise<T>): Promise<T> {
    this.#model.assertTrains()
    if (this.#generatorOnly) throw onlyGenerator('train')
    if (this.#training) {
      throw new DcganError(
        'ERR_DCGAN_BUSY',
        'This model is being trained already. Await that call, or stop it through its signal',
      )
    }
    this.#training = true
    try {
      return await train()
    } finally {
      this.#training = false
    }
  }
}
