/** Calls the caller's callbacks, which may be asynchronous. Passes what they throw or reject with to `onFailure`. */
export class Callbacks {
  readonly #pending = new Set<Promise<void>>()
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
          error => this.#onFailure(error),
        )
        .finally(() => this.#pending.delete(settled))
      this.#pending.add(settled)
    } catch (error) {
      this.#onFailure(error)
    }
  }

  /** Resolves when all that was promised so far has settled. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }
}
