import { Callbacks } from '../internal/callbacks.js'
import type { EvaluateOptions } from './options.js'

const INTERVAL_MS = 100

/** Reports the progress of an evaluation to a callback, and keeps the callback's error. */
export class ProgressReporter {
  readonly #onProgress: EvaluateOptions['onProgress']
  readonly #callbacks = new Callbacks(error => {
    this.#failure ??= { error }
  })
  #failure: { error: unknown } | undefined
  #reportedAt = -Infinity

  constructor(onProgress: EvaluateOptions['onProgress']) {
    this.#onProgress = onProgress
  }

  report(fraction: number): void {
    const now = performance.now()
    if (this.#onProgress === undefined || (fraction < 1 && now - this.#reportedAt < INTERVAL_MS)) return
    this.#reportedAt = now
    this.#callbacks.call(() => this.#onProgress?.({ fraction }))
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits for the callback's promises. Rejects at once if one of them rejects, or if a signal aborts. */
  async finish(signal: AbortSignal | undefined, ending: AbortSignal): Promise<void> {
    await this.#callbacks.settled(signal, ending)
    signal?.throwIfAborted()
    this.throwIfFailed()
  }
}
