/** Calls the caller's callbacks, which may be asynchronous. Passes what they throw or reject with to `onFailure`. */
export class Callbacks {
  readonly #pending = new Set<Promise<void>>()
  readonly #failed = new AbortController()
  readonly #onFailure: (error: unknown) => void

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** The number of promises that have not settled yet. */
  get pending(): number {
    return this.#pending.size
  }

  call(callback: () => unknown): void {
    try {
      // A rejection is reported like an exception, and never becomes an unhandled one.
      const settled = Promise.resolve(callback())
        .then(
          () => {},
          error => this.#fail(error),
        )
        .finally(() => this.#pending.delete(settled))
      this.#pending.add(settled)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Resolves when all promises so far have settled, one has rejected, or one of the signals aborts. Never rejects. */
  async settled(...signals: (AbortSignal | undefined)[]): Promise<void> {
    const ends = [this.#failed.signal, ...signals]
    if (ends.some(signal => signal?.aborted)) return
    let stop = () => {}
    const stopped = new Promise<void>(resolve => {
      stop = resolve
    })
    for (const signal of ends) signal?.addEventListener('abort', stop)
    await Promise.race([Promise.all(this.#pending), stopped])
    for (const signal of ends) signal?.removeEventListener('abort', stop)
  }

  #fail(error: unknown): void {
    this.#onFailure(error)
    this.#failed.abort()
  }
}
