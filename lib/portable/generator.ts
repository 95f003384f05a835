import { closing, readStateFrom, readTensorsFrom } from '../checkpoint/read.js'
import { areDigits } from '../datasets/digits.js'
import { type DcganError, disposed, invalidArgument } from '../errors.js'
import { DEFAULTS } from '../hyperparams.js'
import { asyncDispose } from '../internal/async-dispose.js'
import { checkOptions, optional } from '../internal/options.js'
import type { ByteReader, CheckedSource, Source } from '../internal/source.js'
import type { NativeSampleRequest } from '../native/types.js'
import { checkInterpolation, type InterpolateOptions, slerp } from '../sampling/interpolation.js'
import { checkSample, MAX_COUNT, type SampleOptions } from '../sampling/request.js'
import { Instance, type WasmModule } from '../wasm/instance.js'
import { ImageQueue } from '../wasm/queue.js'
import { servedGenerator } from '../wasm/state.js'

/** Options of `Generator.load()`. */
export interface LoadOptions {
  /**
   * The classifier's file, for `minConfidence`: its path, its URL or its bytes. Default: the file that the package ships,
   * `weights/classifier.safetensors`, which reads digits. Edge runtimes have no files.
   */
  classifier?: Source | undefined
}

/** The parts of a generator that depend on the platform. */
export interface Platform<Batch> {
  /** The compiled WebAssembly. */
  module: WasmModule | Promise<WasmModule>
  /** Checks a source, and copies its bytes. */
  check(source: unknown): CheckedSource
  open(source: CheckedSource): Promise<ByteReader>
  /** Returns where the weights of this name are that the package ships. */
  shipped(name: 'mnist' | 'classifier'): Source
  /** The class of batches. */
  Batch: new (
    pixels: Uint8Array,
    labels: Uint8Array | undefined,
    confidences: Float32Array | undefined,
    classNames: readonly string[] | undefined,
  ) => Batch
}

/** A generator that was read. */
export interface Loaded<Batch> {
  platform: Platform<Batch>
  instance: Instance
  latentDim: number
  classes: number
  classNames: readonly string[] | undefined
  /** False if the images are known not to be digits. */
  digits: boolean
  classifier: CheckedSource | undefined
}

/**
 * A trained generator in WebAssembly. It makes the images of `DCGAN.sample()`, within one grey level. Each platform has a
 * class `Generator`, which reads files and packs images in its own way.
 */
export class PortableGenerator<Batch> {
  /** Length of a latent vector. */
  readonly latentDim: number
  /** Number of classes; 0 for an unconditional generator. */
  readonly classes: number
  /** The names of the classes, if the model's data set has names. A name works wherever a label does. */
  readonly classNames: readonly string[] | undefined
  readonly #loaded: Loaded<Batch>
  readonly #queue: ImageQueue
  #classifier: Promise<void> | undefined
  #disposed = false

  /** @internal */
  protected constructor(loaded: Loaded<Batch>) {
    const { instance, latentDim, classes, classNames } = loaded
    this.#loaded = loaded
    this.latentDim = latentDim
    this.classes = classes
    this.classNames = classNames
    this.#queue = new ImageQueue(instance, { latentDim, classes, maxBatch: MAX_COUNT, maxQueue: Infinity })
  }

  /**
   * Makes images. The same seed, labels and weights give the same latent vectors as `DCGAN.sample()`, and the same images
   * within one grey level. Other events get their turn after every few images.
   *
   * @param count images, 1 to 1,000,000
   * @param options as for `DCGAN.sample()`
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, `ERR_DCGAN_DISPOSED`. When the signal aborts, its reason
   */
  async sample(count = 1, options?: SampleOptions): Promise<Batch> {
    this.#alive()
    const { latentDim, classes, classNames } = this
    const { digits, classifier } = this.#loaded
    const limits = { latentDim, classes, classNames, digits, maxQueue: MAX_COUNT }
    const { request, signal } = checkSample(count, options, limits)
    if (request.minConfidence !== undefined) {
      if (!digits && classifier === undefined) throw withoutClassifier(request.minConfidence)
      await this.#useClassifier()
    }
    return this.#make(request, signal)
  }

  /** Makes images on the way from one seed's first image to another's, as `DCGAN.interpolate()` does. */
  async interpolate(
    fromSeed: number,
    toSeed: number,
    framesOrOptions?: number | InterpolateOptions,
    options?: InterpolateOptions,
  ): Promise<Batch> {
    const instance = this.#alive()
    const { classes, classNames } = this
    const limits = { classes, classNames, maxQueue: MAX_COUNT }
    const { request, signal } = checkInterpolation(fromSeed, toSeed, framesOrOptions, options, limits)
    const latent = (seed: number) => instance.latent(seed, 0, 0, this.latentDim)
    return this.#make({ ...request, latents: slerp(latent(fromSeed), latent(toSeed), request.count) }, signal)
  }

  async #make(request: NativeSampleRequest, signal: AbortSignal | undefined): Promise<Batch> {
    this.#alive()
    signal?.throwIfAborted()
    const { id, promise } = this.#queue.add(request)
    const cancel = () => this.#queue.cancel(id)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const { pixels, labels, confidences } = await promise
      const { platform, classNames } = this.#loaded
      const own = [labels && new Uint8Array(labels), confidences && new Float32Array(confidences)] as const
      return new platform.Batch(new Uint8Array(pixels), ...own, classNames)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Frees the weights. Idempotent; later calls reject with `ERR_DCGAN_DISPOSED`. */
  async dispose(): Promise<void> {
    this.#disposed = true
    this.#queue.close()
  }

  [asyncDispose](): Promise<void> {
    return this.dispose()
  }

  #useClassifier(): Promise<void> {
    this.#classifier ??= this.#setClassifier().catch(error => {
      // The next caller tries again.
      this.#classifier = undefined
      throw error
    })
    return this.#classifier
  }

  async #setClassifier(): Promise<void> {
    const { platform, instance, classifier } = this.#loaded
    const source = classifier ?? platform.check(platform.shipped('classifier'))
    const { tensors } = await closing(await platform.open(source), readTensorsFrom)
    instance.setClassifier(tensors)
  }

  #alive(): Instance {
    if (this.#disposed) throw disposed()
    return this.#loaded.instance
  }
}

function withoutClassifier(minConfidence: number): DcganError {
  const why = 'the images are no digits. Give load() a classifier that reads them'
  return invalidArgument('minConfidence', 'nothing', minConfidence, why)
}

/** Checks the arguments of `load()`, and reads the generator. */
export async function loadGenerator<Batch>(
  platform: Platform<Batch>,
  source: unknown,
  options: LoadOptions | undefined,
): Promise<Loaded<Batch>> {
  const checks = { classifier: optional((_, value) => platform.check(value)) }
  const { classifier } = checkOptions('the options of load()', options, checks)
  const reading = platform.open(platform.check(source)).then(reader => closing(reader, readStateFrom))
  // The module is compiled while the file is on its way.
  const [{ hparams, state, classNames }, module] = await Promise.all([reading, platform.module])
  const { latentDim, classes = DEFAULTS.classes } = hparams
  const instance = new Instance(module)
  instance.setGenerator(servedGenerator(state), latentDim, classes)
  const digits = areDigits(state.datasetCount, state.datasetHash, classNames)
  return { platform, instance, latentDim, classes, classNames, digits, classifier }
}
