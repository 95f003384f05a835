import { Callbacks } from '../internal/callbacks.js'
import type { EvaluateOptions } from './options.js'

const INTERVAL_MS = 100

/** Reports the progress of an evaluation to a callback. Throws when the signal has aborted or the callback has failed. */
export class ProgressReporter {
  readonly #onProgress: EvaluateOptions['onProgress']
  readonly #signal: AbortSignal | undefined
  readonly #callbacks = new Callbacks(error => {
    this.#failure ??= { error }
  })
  #failure: { error: unknown } | undefined
  #reportedAt = -Infinity

  constructor({ onProgress, signal }: Pick<EvaluateOptions, 'onProgress' | 'signal'>) {
    this.#onProgress = onProgress
    this.#signal = signal
  }

  report(fraction: number): void {
    this.#throwIfStopped()
    const now = performance.now()
    if (this.#onProgress === undefined || (fraction < 1 && now - this.#reportedAt < INTERVAL_MS)) return
    this.#reportedAt = now
    this.#callbacks.call(() => this.#onProgress?.({ fraction }))
    this.#throwIfStopped()
  }

  /** Waits for the callback's promises. Rejects at once if one of them rejects, or if the signal aborts. */
  async finish(ending: AbortSignal): Promise<void> {
    await this.#callbacks.settled(this.#signal, ending)
    this.#throwIfStopped()
  }

  #throwIfStopped(): void {
    this.#signal?.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
