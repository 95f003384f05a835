import { availableParallelism } from 'node:os'
import { DCGAN, DcganError, loadMnist, type Progress, recipes } from 'libtorch-dcgan'
import type { Models, Served } from './models.js'

export interface TrainingRequest {
  epochs: number
  /** Training images, the first so many of MNIST's 60,000. */
  images: number
  seed: number | undefined
}

export interface TrainingOptions {
  signal: AbortSignal
  onStart: (gan: DCGAN) => void
  onProgress: (progress: Progress) => void
}

/** Trains a new model while the old one serves, and replaces it at the end. One at a time. */
export class Trainer {
  readonly #models: Models
  readonly #saveTo: string | undefined
  readonly #stopping = new AbortController()
  #gan: DCGAN | undefined
  #run: Promise<Served> | undefined

  constructor(models: Models, saveTo?: string) {
    this.#models = models
    this.#saveTo = saveTo
  }

  /** The model in training, to look at; undefined when there is none. */
  get gan(): DCGAN | undefined {
    return this.#gan
  }

  get running(): boolean {
    return this.#run !== undefined
  }

  /**
   * Starts a run. The promise resolves to the new model, which then serves. Throws `ERR_DCGAN_BUSY` at once if another
   * run is active. An aborted signal stops the run after its step, and its model is discarded.
   */
  start(request: TrainingRequest, options: TrainingOptions): Promise<Served> {
    if (this.#run !== undefined) {
      throw new DcganError('ERR_DCGAN_BUSY', 'A model is being trained already. Wait for it, or stop it')
    }
    const run = this.#train(request, options).finally(() => {
      this.#run = undefined
    })
    this.#run = run
    return run
  }

  /** Stops a run after its step. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The server is stopping'))
    await this.#run?.catch(() => undefined)
  }

  async #train(request: TrainingRequest, options: TrainingOptions): Promise<Served> {
    const signal = AbortSignal.any([options.signal, this.#stopping.signal])
    const mnist = await loadMnist()
    signal.throwIfAborted()
    const count = Math.min(request.images, mnist.count)
    const [images, labels] = [mnist.images.subarray(0, count * 784), mnist.labels.subarray(0, count)]
    const { maxBatch, maxQueue } = this.#models.current.gan.hparams
    // One core stays for serving.
    const threads = Math.max(1, availableParallelism() - 1)
    const gan = new DCGAN({
      ...recipes.best,
      epochs: request.epochs,
      threads,
      maxBatch,
      maxQueue,
      ...(request.seed !== undefined && { seed: request.seed }),
    })
    this.#gan = gan
    try {
      options.onStart(gan)
      await gan.train({
        dataset: { ...mnist, count, images, labels },
        outputDir: null,
        signal,
        onProgress: options.onProgress,
      })
      if (this.#saveTo !== undefined) await gan.save(this.#saveTo)
    } catch (error) {
      this.#gan = undefined
      await gan.dispose()
      throw error
    }
    this.#gan = undefined
    return this.#models.replace(gan)
  }
}
