import type { Dataset } from '../datasets/index.js'
import { disposed } from '../errors.js'
import { type HyperParams, listed } from '../hyperparams.js'
import { withoutPrototype } from '../internal/options.js'
import type { Classifier } from './classifier.js'
import { cannotTrain, type EngineName, fromNative, onlySampling, sampling, training } from './engines.js'
import { chooseMachine, type Machine, needsLibTorch, WITHOUT_LIBTORCH } from './machine.js'
import { placeOf } from './peers.js'
import type {
  NativeAddon,
  NativeClassifierRequest,
  NativeEpoch,
  NativeEpochRequest,
  NativeEvaluation,
  NativeEvaluationJob,
  NativeEvaluationRequest,
  NativeEvent,
  NativeModel,
  NativePiece,
  NativePosition,
  NativeSampleJob,
  NativeSampleRequest,
  NativeState,
  NativeTrainedClassifier,
  SamplingEngine,
  ServingStats,
} from './types.js'
import { warnOfCapture, warnOfCpu, warnOfFloat32, warnOfThreads } from './warnings.js'

/** The answer to a request for images. */
interface SampledImages {
  pixels: Uint8Array
  labels: Uint8Array | undefined
  confidences: Float32Array | undefined
}

/** Gets the share of the work that is done, after each piece. May throw to stop the work. */
type OnPiece = (fraction: number) => void

/** The purpose of a model. One that samples needs no LibTorch until it trains. */
type Purpose = 'sampling' | 'training'

/** A model and the engine that computes it. Its failures are `DcganError`s, and so is every call after `dispose()`. */
export class Model {
  /** The `DCGAN` of this model, for messages of diagnostics channels. */
  readonly owner: object
  /** The number of processes in the run, and the rank of this one. */
  readonly peers: number
  readonly rank: number
  readonly #engine: SamplingEngine
  readonly #handle: NativeModel
  readonly #hparams: Readonly<HyperParams>
  readonly #ending = new AbortController()
  #engineName: EngineName
  #machine: Machine
  /** The classifier that the addon has, or gets. */
  #classifier: { digest: string; given: Promise<void> } | undefined
  #disposal: Promise<void> | undefined

  constructor(hparams: Readonly<HyperParams>, owner: object, purpose: Purpose) {
    this.owner = owner
    this.#hparams = hparams
    const place = placeOf(hparams.distributed)
    this.peers = place?.count ?? 1
    this.rank = place?.rank ?? 0
    const trains = purpose === 'training' || this.peers > 1 || needsLibTorch(hparams, onlySampling())
    const { name, engine } = trains ? { name: 'libtorch' as const, engine: training() } : sampling()
    if (name === 'wasm' && hparams.precision === 'bfloat16') warnOfFloat32()
    this.#engineName = name
    this.#engine = engine
    this.#machine = trains ? chooseMachine(hparams, training().info(), place?.localRank) : WITHOUT_LIBTORCH
    const { threads, outputDim } = hparams
    this.#handle = translating(() =>
      engine.create({
        ...listed(hparams),
        ...this.#machine.native,
        engine: name,
        threads: threads === 'auto' ? 0 : threads,
        fixedCount: outputDim ** 2,
        stepsTogether: 0,
        peers: this.peers > 1 ? place : undefined,
      }),
    )
  }

  get engineName(): EngineName {
    return this.#engineName
  }

  /** The device and the precisions of the model now. */
  get machine(): Machine {
    return this.#machine
  }

  /** How far training is. After `dispose()` it keeps its last value. */
  get position(): NativePosition {
    return this.#engine.position(this.#handle)
  }

  /** Counts of images. After `dispose()` they keep their last values. */
  get stats(): ServingStats {
    const { missingThreads: _, ...stats } = this.#engine.stats(this.#handle)
    return stats
  }

  #warnOfThreads(): void {
    const { missingThreads = 0 } = this.#engine.stats(this.#handle)
    if (missingThreads > 0) warnOfThreads(missingThreads)
  }

  /** Copies the data set before it returns. Resolves with its fingerprint. A model that only sampled changes engines. */
  setDataset({ images, labels, count }: Pick<Dataset, 'images' | 'labels' | 'count'>): Promise<string> {
    return this.#call(async () => {
      const change = this.#changeToLibTorch()
      // The images are copied now, and this call rejects with the change's error.
      const hash = this.#addon.setDataset(this.#handle, images, count, labels)
      hash.catch(() => {})
      await change
      return hash
    })
  }

  /** Needs `setDataset()` first. */
  async trainEpoch(request: NativeEpochRequest, onEvent: (event: NativeEvent) => void): Promise<NativeEpoch> {
    if (this.#machine.fellBack) warnOfCpu()
    const epoch = await this.#call(() => this.#addon.trainEpoch(this.#handle, request, onEvent))
    if (epoch.captureFailure !== '') warnOfCapture(epoch.captureFailure)
    this.#warnOfThreads()
    return epoch
  }

  cancelEpoch(): void {
    if (!this.disposed) this.#addon.cancelEpoch(this.#handle)
  }

  acknowledgeCheckpoint(): void {
    if (!this.disposed) this.#addon.acknowledgeCheckpoint(this.#handle)
  }

  /**
   * Makes count × 784 grey levels, and confidences if the request needs them. When the signal aborts, cancels the
   * images that still wait.
   */
  async sample(request: NativeSampleRequest, signal?: AbortSignal): Promise<SampledImages> {
    this.assertAlive()
    signal?.throwIfAborted()
    let job: NativeSampleJob | undefined
    const cancel = () => {
      if (job !== undefined && !this.disposed) this.#engine.cancelSample(this.#handle, job.id)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      job = this.#engine.sample(this.#handle, request)
      const { pixels, labels, confidences } = withoutPrototype(await job.promise)
      this.#warnOfThreads()
      signal?.throwIfAborted()
      return {
        pixels: new Uint8Array(pixels),
        labels: labels && new Uint8Array(labels),
        confidences: confidences && new Float32Array(confidences),
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw fromNative(error)
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Makes outputDim² × 784 grey levels of the fixed latent vectors. */
  async sampleFixed(): Promise<Uint8Array> {
    const drawn = { seed: 0, first: 0, latents: null, labels: undefined, oneLabel: false }
    const count = this.#hparams.outputDim ** 2
    return (await this.sample({ count, fixed: true, truncation: 1, minConfidence: undefined, ...drawn }))
      .pixels
  }

  /** Returns the latent vector of a seed's first image. */
  latent(seed: number): Float32Array {
    this.assertAlive()
    return new Float32Array(translating(() => this.#engine.latents(seed, 0, 1, this.#hparams.latentDim)))
  }

  /** Gives a classifier to the addon, unless it has that one. */
  async useClassifier({ tensors, ...info }: Classifier): Promise<Omit<Classifier, 'tensors'>> {
    if (this.#classifier?.digest === info.digest) {
      await this.#classifier.given
      return info
    }
    const given = this.#call(() => this.#engine.setClassifier(this.#handle, tensors))
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

  /** Trains a classifier of labelled images. */
  trainClassifier(request: NativeClassifierRequest, onPiece: OnPiece): Promise<NativeTrainedClassifier> {
    return this.#inPieces(
      () => this.#addon.beginClassifier(this.#handle, request),
      id => this.#addon.advanceClassifier(this.#handle, id),
      onPiece,
    )
  }

  /** Evaluates the generator as it is at the call. */
  evaluate(request: NativeEvaluationRequest, onPiece: OnPiece): Promise<NativeEvaluation> {
    return this.#inPieces(
      () => this.#addon.beginEvaluation(this.#handle, request),
      id => this.#addon.advanceEvaluation(this.#handle, id),
      onPiece,
    )
  }

  /**
   * Returns the texts of all processes of a distributed run, by rank. Waits until all have come, or the signal aborts.
   */
  async exchange(text: string, signal: AbortSignal | undefined): Promise<string[]> {
    const cancel = () => this.cancelEpoch()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await this.#call(() => this.#addon.exchange(this.#handle, text))
    } catch (error) {
      signal?.throwIfAborted()
      throw this.disposed ? disposed() : error
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  exportState(part: 'all' | 'generator'): Promise<NativeState> {
    return this.#call(() => this.#engine.exportState(this.#handle, part))
  }

  /** Natively, the state's tensors are empty afterwards. */
  importState(state: NativeState): Promise<void> {
    return this.#call(() => this.#engine.importState(this.#handle, state, true))
  }

  dispose(): Promise<void> {
    if (this.#disposal === undefined) {
      this.#disposal = this.#engine.dispose(this.#handle)
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
    if (this.#engineName === 'wasm') throw cannotTrain()
  }

  /** The engine with the functions that WebAssembly does not have. */
  get #addon(): NativeAddon {
    if (this.#engineName === 'wasm') throw cannotTrain()
    return this.#engine as NativeAddon
  }

  /**
   * Opens LibTorch for a model that only sampled, and gives it the model's state. Requests are served meanwhile. After a
   * failure, the model samples as before.
   */
  #changeToLibTorch(): Promise<void> {
    if (this.#engineName === 'libtorch') return Promise.resolve()
    const addon = this.#addon
    const machine = chooseMachine(this.#hparams, training().info(), undefined)
    return addon.startTraining(this.#handle, machine.native).then(() => {
      this.#machine = machine
      this.#engineName = 'libtorch'
    })
  }

  /** Does work of LibTorch in pieces, and serves requests between them. */
  async #inPieces<Result extends object>(
    begin: () => NativeEvaluationJob,
    advance: (id: number) => Promise<NativePiece<Result>>,
    onPiece: OnPiece,
  ): Promise<Result> {
    const id = await this.#call(async () => {
      training()
      const { id, promise } = begin()
      await promise
      return id
    })
    try {
      for (;;) {
        const { fraction, ...result } = await this.#call(() => advance(id))
        onPiece(fraction)
        // The last piece has the result.
        if (Object.keys(result).length > 0) return result as unknown as Result
      }
    } finally {
      if (!this.disposed) this.#addon.endEvaluation(this.#handle, id)
    }
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

function translating<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}
