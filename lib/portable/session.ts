import { DcganError } from '../errors.js'
import type { FoldedGenerator } from '../onnx/fold.js'
import { onnxModel } from '../onnx/model.js'

/** The part of onnxruntime that is used. `onnxruntime-node` and `onnxruntime-web` both have it. */
export interface OnnxRuntime {
  InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> }
  Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    shape: readonly number[],
  ) => unknown
}

/** A loaded model of onnxruntime's. */
export interface OnnxSession {
  run(feeds: Record<string, unknown>): Promise<Record<string, { data: unknown }>>
  release(): Promise<void>
}

/** The generator on onnxruntime: latent vectors in, grey levels out. */
export class GeneratorSession {
  readonly latentDim: number
  readonly classes: number
  readonly #runtime: OnnxRuntime
  readonly #session: OnnxSession
  /** The last run, because a session of onnxruntime-web takes one at a time. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(runtime: OnnxRuntime, session: OnnxSession, generator: FoldedGenerator) {
    this.#runtime = runtime
    this.#session = session
    this.latentDim = generator.latentDim
    this.classes = generator.classes
  }

  static async create(runtime: OnnxRuntime, generator: FoldedGenerator): Promise<GeneratorSession> {
    const model = onnxModel(generator, { output: 'uint8', half: false })
    const session = await runtime.InferenceSession.create(model).catch(cause => {
      throw new DcganError('ERR_DCGAN_NATIVE', `onnxruntime refused the generator: ${cause.message}`, {
        cause,
      })
    })
    return new GeneratorSession(runtime, session, generator)
  }

  /** count × 784 grey levels of count × latentDim latent vectors and, with classes, count labels. */
  run(latents: Float32Array, labels: Uint8Array | undefined): Promise<Uint8Array> {
    const result = this.#last.then(() => this.#run(latents, labels))
    this.#last = result.catch(() => {})
    return result
  }

  async release(): Promise<void> {
    await this.#last
    await this.#session.release()
  }

  async #run(latents: Float32Array, labels: Uint8Array | undefined): Promise<Uint8Array> {
    const { Tensor } = this.#runtime
    const count = latents.length / this.latentDim
    const feeds = {
      latents: new Tensor('float32', latents, [count, this.latentDim]),
      ...(labels && { labels: new Tensor('int64', BigInt64Array.from(labels, BigInt), [count]) }),
    }
    try {
      return (await this.#session.run(feeds)).images?.data as Uint8Array
    } catch (cause) {
      throw new DcganError('ERR_DCGAN_NATIVE', `onnxruntime failed: ${(cause as Error).message}`, { cause })
    }
  }
}
