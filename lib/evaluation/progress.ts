import type { EvaluateOptions } from './options.js'

const INTERVAL_MS = 100

/** Tells a callback how far an evaluation is, and keeps what it fails with. */
export class ProgressReporter {
  readonly #onProgress: EvaluateOptions['onProgress']
  readonly #promises = new Set<Promise<void>>()
  #failure: { error: unknown } | undefined
  #toldAt = -Infinity

  constructor(onProgress: EvaluateOptions['onProgress']) {
    this.#onProgress = onProgress
  }

  report(fraction: number): void {
    const now = performance.now()
    if (this.#onProgress === undefined || (fraction < 1 && now - this.#toldAt < INTERVAL_MS)) return
    this.#toldAt = now
    try {
      const returned: unknown = this.#onProgress({ fraction })
      // An async callback's rejection is a failure like any other, and never an unhandled one.
      const promise = Promise.resolve(returned)
        .then(
          () => {},
          error => this.#fail(error),
        )
        .finally(() => this.#promises.delete(promise))
      this.#promises.add(promise)
    } catch (error) {
      this.#fail(error)
    }
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits for what the callback promised, unless the signal aborts. */
  async finish(signal: AbortSignal | undefined): Promise<void> {
    let stop = () => {}
    const aborted = new Promise<void>(resolve => {
      stop = resolve
    })
    signal?.addEventListener('abort', stop, { once: true })
    await Promise.race([Promise.all(this.#promises), aborted])
    signal?.removeEventListener('abort', stop)
    signal?.throwIfAborted()
    this.throwIfFailed()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
  }
}
