import { asyncDispose } from '../async-dispose.js'
import { DcganError, invalidArgument } from '../errors.js'
import { checkInterpolation, type InterpolateOptions, slerp } from '../sampling/interpolation.js'
import { checkSample, MAX_COUNT, type SampleOptions } from '../sampling/request.js'
import type { ByteReader } from '../source.js'
import { allocate } from '../typed-arrays.js'
import { drawLabels, drawLatents } from './latents.js'
import { GeneratorSession, type OnnxRuntime } from './session.js'
import { readGenerator } from './weights.js'

const PIXELS = 784
const MAX_BATCH = 64

/**
 * A trained generator that runs without LibTorch. It makes the images of `DCGAN.sample()`, within one grey level. Node.js
 * and browsers each have a class `Generator`, which reads files and packs images in their own way.
 */
export abstract class PortableGenerator<Batch> {
  readonly #session: GeneratorSession
  #disposal: Promise<void> | undefined

  protected constructor(session: GeneratorSession) {
    this.#session = session
  }

  /** Length of a latent vector. */
  get latentDim(): number {
    return this.#session.latentDim
  }

  /** Number of classes; 0 for an unconditional generator. */
  get classes(): number {
    return this.#session.classes
  }

  /**
   * Makes images. The same seed, labels and weights give the same latent vectors as `DCGAN.sample()`, bit for bit, and
   * the same images within one grey level.
   *
   * @param count images, 1 to 1,000,000
   * @param options as for `DCGAN.sample()`, without `minConfidence`, because the classifier needs LibTorch
   * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, `ERR_DCGAN_DISPOSED`. When the signal aborts, its reason
   */
  async sample(count = 1, options?: Omit<SampleOptions, 'minConfidence'>): Promise<Batch> {
    this.#assertAlive()
    const { latentDim, classes } = this
    const { request, signal } = checkSample(count, options, { latentDim, classes, maxQueue: MAX_COUNT })
    if (request.minConfidence !== undefined) {
      const expected = 'nothing, as the classifier takes LibTorch (DCGAN.sample() has it),'
      throw invalidArgument('minConfidence', expected, request.minConfidence)
    }
    const latents = request.latents ?? allocate(() => drawLatents(request.seed, count, latentDim))
    const labels = classes === 0 ? undefined : (request.labels ?? drawLabels(request.seed, count, classes))
    return this.#make(latents, labels, signal)
  }

  /** Makes images on the way from one seed's first image to another's, as `DCGAN.interpolate()` does. */
  async interpolate(
    fromSeed: number,
    toSeed: number,
    framesOrOptions?: number | InterpolateOptions,
    options?: InterpolateOptions,
  ): Promise<Batch> {
    this.#assertAlive()
    const { latentDim, classes } = this
    const limits = { classes, maxQueue: MAX_COUNT }
    const checked = checkInterpolation(fromSeed, toSeed, framesOrOptions, options, limits)
    const { frames, label, signal } = checked
    const path = slerp(drawLatents(fromSeed, 1, latentDim), drawLatents(toSeed, 1, latentDim), frames)
    const [drawn = 0] = classes === 0 ? [] : drawLabels(fromSeed, 1, classes)
    const labels = classes === 0 ? undefined : new Uint8Array(frames).fill(label ?? drawn)
    return this.#make(path, labels, signal)
  }

  async #make(
    latents: Float32Array,
    labels: Uint8Array | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Batch> {
    const { latentDim } = this
    const count = latents.length / latentDim
    const pixels = allocate(() => new Uint8Array(count * PIXELS))
    for (let first = 0; first < count; first += MAX_BATCH) {
      signal?.throwIfAborted()
      this.#assertAlive()
      const end = Math.min(count, first + MAX_BATCH)
      const part = latents.slice(first * latentDim, end * latentDim)
      pixels.set(await this.#session.run(part, labels?.slice(first, end)), first * PIXELS)
    }
    signal?.throwIfAborted()
    return this.batch(pixels, labels)
  }

  /** Frees the weights. Idempotent; later calls reject with `ERR_DCGAN_DISPOSED`. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#session.release()
    return this.#disposal
  }

  [asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** Wraps the images in this platform's class of batches. */
  protected abstract batch(pixels: Uint8Array, labels: Uint8Array | undefined): Batch

  #assertAlive(): void {
    if (this.#disposal === undefined) return
    throw new DcganError('ERR_DCGAN_DISPOSED', 'The generator was disposed of. Load it again')
  }
}

/** Makes a session with the generator in a file. Closes the file. */
export async function openGenerator(reader: ByteReader, runtime: OnnxRuntime): Promise<GeneratorSession> {
  return GeneratorSession.create(runtime, await readGenerator(reader))
}
