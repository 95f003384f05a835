import type { Model } from './model.js'
import type { NativeState } from './types.js'

type Part = 'all' | 'generator'

interface Job {
  part: Part
  write: (state: NativeState) => Promise<void>
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * Gives a model's state to the functions that write it. A state takes 29 MB or more, so only one is in memory at a time,
 * however many calls wait. Calls that wait for the same part share one state, exported after the last of them came.
 */
export class Saver {
  readonly #model: Model
  #waiting: Job[] = []
  #busy = false

  constructor(model: Model) {
    this.#model = model
  }

  /** Calls `write` with the current state, or with that between two later steps. Exports it at once if possible. */
  save(part: Part, write: Job['write']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ part, write, resolve, reject })
      if (!this.#busy) void this.#work()
    })
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    this.#busy = true
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const { part } = first
      const jobs = this.#waiting.filter(job => job.part === part)
      this.#waiting = this.#waiting.filter(job => job.part !== part)
      await this.#serve(part, jobs)
    }
    this.#busy = false
  }

  async #serve(part: Part, jobs: readonly Job[]): Promise<void> {
    try {
      const state = await this.#model.exportState(part)
      for (const job of jobs) await job.write(state).then(job.resolve, job.reject)
    } catch (error) {
      for (const job of jobs) job.reject(error)
    }
  }
}
