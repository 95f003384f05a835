import type { Dataset } from '../datasets/index.js'
import { disposed } from '../errors.js'
import { type HyperParams, listOf } from '../hyperparams.js'
import { warnOfCapture } from './capture.js'
import type { Classifier } from './classifier.js'
import { type ChosenDevice, chooseDevice, warnOfCpu } from './device.js'
import { type EngineName, fromNative, onlySamples, sampling, training } from './native.js'
import { placeOf } from './peers.js'
import { type ChosenPrecision, choosePrecision, nativePrecision } from './precision.js'
import { warnOfThreads } from './threads.js'
import type {
  NativeAddon,
  NativeEpoch,
  NativeEpochRequest,
  NativeEvaluationProgress,
  NativeEvaluationRequest,
  NativeEvent,
  NativeInfo,
  NativeModel,
  NativePosition,
  NativeSampleJob,
  NativeSampleRequest,
  NativeState,
  SamplingEngine,
  ServingStats,
} from './types.js'

/** The answer to a request for images. */
export interface SampledImages {
  pixels: Uint8Array
  confidences: Float32Array | undefined
}

/** What a model is made for. One that samples needs no LibTorch until it trains. */
export type Purpose = 'sampling' | 'training'

/** Wraps an engine's model. Its failures are `DcganError`s, and so is every call after `dispose()`. */
export class Engine {
  /** The `DCGAN` of this engine, for messages of diagnostics channels. */
  readonly owner: object
  readonly name: EngineName
  readonly device: ChosenDevice
  readonly precision: ChosenPrecision
  /** The number of processes in the run, and the rank of this one. */
  readonly peers: number
  readonly rank: number
  /** Everything outside the model that changes how a step is rounded, by name. */
  readonly surroundings: [name: string, value: string][]
  /** True if `device` is `'auto'`, and LibTorch is built for CUDA and finds no device. */
  readonly #fellBack: boolean
  /** Makes images. */
  readonly #sampling: SamplingEngine
  /** The addon with LibTorch, once this model needs it. */
  #training: NativeAddon | undefined
  readonly #model: NativeModel
  readonly #fixedCount: number
  readonly #classes: number
  readonly #ending = new AbortController()
  /** The classifier that the addon has, or gets. */
  #classifier: { digest: string; given: Promise<void> } | undefined
  #disposal: Promise<void> | undefined

  constructor(hparams: Readonly<HyperParams>, owner: object, purpose: Purpose) {
    this.owner = owner
    const { name, engine } =
      purpose === 'training' ? { name: 'libtorch' as const, engine: training() } : sampling()
    this.name = name
    this.#sampling = engine
    if (name === 'libtorch') this.#training = training()
    const info = this.#training?.info() ?? WITHOUT_LIBTORCH
    const place = placeOf(hparams.distributed)
    this.peers = place?.count ?? 1
    this.rank = place?.rank ?? 0
    this.device = chooseDevice(hparams.device, info, place?.localRank)
    this.precision = choosePrecision(hparams.precision, this.device, info)
    const precision = nativePrecision(this.precision, this.device)
    this.surroundings = [
      ['the version of LibTorch', info.libtorch],
      ['the kind of device', this.device.replace(/:.*/, '')],
      ['the precision', precision],
      [
        "the processor's level (ONEDNN_MAX_CPU_ISA and ATEN_CPU_CAPABILITY lower it)",
        `${info.level}, ${info.cpuCapability}`,
      ],
    ]
    this.#fellBack = info.cuda && this.device === 'cpu' && hparams.device === 'auto'
    const { threads, outputDim, ...same } = hparams
    this.#fixedCount = outputDim ** 2
    this.#classes = hparams.classes
    this.#model = translating(() =>
      this.#sampling.create({
        ...same,
        discLr: listOf(hparams.discLr),
        genLr: listOf(hparams.genLr),
        r1: listOf(hparams.r1),
        r2: listOf(hparams.r2),
        device: this.device,
        precision,
        threads: threads === 'auto' ? 0 : threads,
        fixedCount: this.#fixedCount,
        stepsTogether: 0,
        peers: this.peers > 1 ? place : undefined,
      }),
    )
  }

  /** How far training is. After `dispose()` it keeps its last value. */
  get position(): NativePosition {
    return this.#sampling.position(this.#model)
  }

  /** Counts of images. After `dispose()` they keep their last values. */
  get stats(): ServingStats {
    const { missingThreads: _, ...stats } = this.#sampling.stats(this.#model)
    return stats
  }

  #warnOfThreads(): void {
    const { missingThreads = 0 } = this.#sampling.stats(this.#model)
    if (missingThreads > 0) warnOfThreads(missingThreads)
  }

  /** Copies the data set before it returns. Resolves with its fingerprint. */
  setDataset({ images, labels, count }: Pick<Dataset, 'images' | 'labels' | 'count'>): Promise<string> {
    return this.#call(() => this.#trained().setDataset(this.#model, images, count, labels))
  }

  async trainEpoch(request: NativeEpochRequest, onEvent: (event: NativeEvent) => void): Promise<NativeEpoch> {
    if (this.#fellBack) warnOfCpu()
    const epoch = await this.#call(() => this.#trained().trainEpoch(this.#model, request, onEvent))
    if (epoch.captureFailure !== '') warnOfCapture(epoch.captureFailure)
    this.#warnOfThreads()
    return epoch
  }

  cancelEpoch(): void {
    if (!this.disposed) this.#training?.cancelEpoch(this.#model)
  }

  acknowledgeCheckpoint(): void {
    if (!this.disposed) this.#training?.acknowledgeCheckpoint(this.#model)
  }

  /**
   * Makes count × 784 grey levels, and confidences if the request asks for them. When the signal aborts, cancels the
   * images that still wait.
   */
  async sample(request: NativeSampleRequest, signal?: AbortSignal): Promise<SampledImages> {
    this.assertAlive()
    signal?.throwIfAborted()
    let job: NativeSampleJob | undefined
    const cancel = () => {
      if (job !== undefined && !this.disposed) this.#sampling.cancelSample(this.#model, job.id)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      job = this.#sampling.sample(this.#model, request)
      const { pixels, confidences } = await job.promise
      this.#warnOfThreads()
      signal?.throwIfAborted()
      return {
        pixels: new Uint8Array(pixels),
        confidences: confidences === null ? undefined : new Float32Array(confidences),
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw fromNative(error)
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Makes outputDim² × 784 grey levels of the fixed latent vectors, times a factor. */
  async sampleFixed(truncation = 1): Promise<Uint8Array> {
    const drawn = { labels: undefined, minConfidence: undefined }
    const request = { count: this.#fixedCount, seed: 0, latents: null, fixed: true, truncation, ...drawn }
    return (await this.sample(request)).pixels
  }

  /** Returns the latent vector of the first image that `sample` draws for this seed. */
  latent(seed: number, latentDim: number): Float32Array {
    this.assertAlive()
    return new Float32Array(translating(() => this.#sampling.latents(seed, 1, latentDim)))
  }

  /** Adds the labels that its seed draws to a request without labels. */
  labelled(request: NativeSampleRequest): NativeSampleRequest {
    return { ...request, labels: request.labels ?? this.labels(request.seed, request.count) }
  }

  /** Returns the labels that `sample` draws for this seed; undefined if the model has no classes. */
  labels(seed: number, count: number): Uint8Array | undefined {
    this.assertAlive()
    if (this.#classes === 0) return undefined
    return new Uint8Array(translating(() => this.#sampling.labels(seed, count, this.#classes)))
  }

  /** Gives a classifier to the addon, unless it has that one. */
  async useClassifier({ tensors, ...info }: Classifier): Promise<Omit<Classifier, 'tensors'>> {
    if (this.#classifier?.digest === info.digest) {
      await this.#classifier.given
      return info
    }
    const given = this.#call(() => this.#sampling.setClassifier(this.#model, tensors))
    this.#classifier = { digest: info.digest, given }
    try {
      await given
      return info
    } catch (error) {
      // The next caller tries again.
      this.#classifier = undefined
      throw error
    }
  }

  /**
   * Returns the texts of all processes of a distributed run, by rank. Waits until all have come, or the signal aborts.
   */
  async exchange(text: string, signal: AbortSignal | undefined): Promise<string[]> {
    const cancel = () => this.cancelEpoch()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await this.#call(() => this.#trained().exchange(this.#model, text))
    } catch (error) {
      signal?.throwIfAborted()
      throw this.disposed ? disposed() : error
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Begins to evaluate the generator as it is now. Resolves with the evaluation's number. */
  async beginEvaluation(request: NativeEvaluationRequest): Promise<number> {
    return this.#call(async () => {
      const { id, promise } = this.#trained().beginEvaluation(this.#model, request)
      await promise
      return id
    })
  }

  /** Does the next piece of an evaluation. */
  advanceEvaluation(id: number): Promise<NativeEvaluationProgress> {
    return this.#call(() => this.#trained().advanceEvaluation(this.#model, id))
  }

  endEvaluation(id: number): void {
    if (!this.disposed) this.#training?.endEvaluation(this.#model, id)
  }

  exportState(only: 'all' | 'generator'): Promise<NativeState> {
    return this.#call(() => this.#sampling.exportState(this.#model, only))
  }

  importState(state: NativeState): Promise<void> {
    return this.#call(() => this.#sampling.importState(this.#model, state))
  }

  dispose(): Promise<void> {
    if (this.#disposal === undefined) {
      this.#disposal = this.#sampling.dispose(this.#model)
      this.#ending.abort()
    }
    return this.#disposal
  }

  /** Aborted by `dispose()`. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  get disposed(): boolean {
    return this.#disposal !== undefined
  }

  /** @throws {DcganError} `ERR_DCGAN_DISPOSED` */
  assertAlive(): void {
    if (this.disposed) throw disposed()
  }

  /** @throws {DcganError} `ERR_DCGAN_DISPOSED`; `ERR_DCGAN_NATIVE_NOT_FOUND` in WebAssembly */
  assertTrains(): void {
    this.assertAlive()
    if (this.name === 'wasm') throw onlySamples()
  }

  /** Returns the addon with LibTorch. */
  #trained(): NativeAddon {
    if (this.#training === undefined) throw onlySamples()
    return this.#training
  }

  async #call<T>(start: () => Promise<T>): Promise<T> {
    this.assertAlive()
    try {
      return await start()
    } catch (error) {
      throw fromNative(error)
    }
  }
}

/** What there is without LibTorch: the processor, in float32. */
const WITHOUT_LIBTORCH: NativeInfo = {
  libtorch: 'none',
  cuda: false,
  cudaDevices: 0,
  threads: 0,
  cpuCapability: 'none',
  level: 'none',
  vendor: '',
  fusedStep: { float32: false, bfloat16: false },
  bfloat16: false,
  cudaBfloat16: [],
}

function translating<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}
