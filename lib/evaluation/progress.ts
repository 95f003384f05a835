import { Callbacks } from '../callbacks.js'
import type { EvaluateOptions } from './options.js'

const INTERVAL_MS = 100

/** Reports the progress of an evaluation to a callback, and keeps the callback's error. */
export class ProgressReporter {
  readonly #onProgress: EvaluateOptions['onProgress']
  readonly #callbacks = new Callbacks(error => {
    this.#failure ??= { error }
  })
  #failure: { error: unknown } | undefined
  #toldAt = -Infinity

  constructor(onProgress: EvaluateOptions['onProgress']) {
    this.#onProgress = onProgress
  }

  report(fraction: number): void {
    const now = performance.now()
    if (this.#onProgress === undefined || (fraction < 1 && now - this.#toldAt < INTERVAL_MS)) return
    this.#toldAt = now
    this.#callbacks.call(() => this.#onProgress?.({ fraction }))
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits for the callback's promises, unless the signal aborts. */
  async finish(signal: AbortSignal | undefined): Promise<void> {
    let stop = () => {}
    const aborted = new Promise<void>(resolve => {
      stop = resolve
    })
    signal?.addEventListener('abort', stop, { once: true })
    await Promise.race([this.#callbacks.settled(), aborted])
    signal?.removeEventListener('abort', stop)
    signal?.throwIfAborted()
    this.throwIfFailed()
  }
}
