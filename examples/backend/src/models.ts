import { createHash } from 'node:crypto'
import { DCGAN } from 'libtorch-dcgan'
import type { Config } from './config.js'

/** A model that answers requests. */
export interface Served {
  readonly gan: DCGAN
  /** Ten hexadecimal digits that change whenever the pictures do: see `fingerprint`. */
  readonly version: string
}

interface Entry extends Served {
  users: number
  retired: boolean
}

/**
 * The model being served, and those before it that still have requests to answer. A model is disposed of when it
 * has been replaced and its last request is done, so a replacement fails no request.
 */
export class Models {
  readonly #load: () => Promise<DCGAN>
  readonly #disposals = new Set<Promise<void>>()
  /** Forward passes of the models that are gone. */
  #pastForwards = 0
  readonly #entries = new Set<Entry>()
  #current: Entry
  /** Settled when no reload runs. */
  #reloads: Promise<unknown> = Promise.resolve()
  /** A reload that has not begun. */
  #waitingReload: Promise<Served> | undefined
  #disposed = false

  private constructor(first: Entry, load: () => Promise<DCGAN>) {
    this.#current = first
    this.#entries.add(first)
    this.#load = load
  }

  static async open(load: () => Promise<DCGAN>): Promise<Models> {
    return new Models(await entryOf(await load()), load)
  }

  get current(): Served {
    return this.#current
  }

  /** Lends the model that is served now: it lives until `work` is done, whatever replaces it meanwhile. */
  async use<T>(work: (model: Served) => Promise<T>): Promise<T> {
    const entry = this.#current
    entry.users++
    try {
      return await work(entry)
    } finally {
      entry.users--
      this.#disposeIfDone(entry)
    }
  }

  /** Serves this model from now on. It is ours to dispose of. */
  async replace(gan: DCGAN): Promise<Served> {
    const entry = await entryOf(gan)
    if (this.#disposed) {
      await gan.dispose()
      throw closed()
    }
    const old = this.#current
    this.#current = entry
    this.#entries.add(entry)
    old.retired = true
    this.#disposeIfDone(old)
    return entry
  }

  /**
   * Loads the model again and serves it. If that fails, the old one stays. One reload runs at a time. A call joins a
   * reload that has not begun, but not the running one, which may have read the file before it was replaced.
   */
  reload(): Promise<Served> {
    if (this.#waitingReload === undefined) {
      this.#waitingReload = this.#reloads.then(() => {
        this.#waitingReload = undefined
        return this.#loadAndReplace()
      })
      this.#reloads = this.#waitingReload.catch(() => undefined)
    }
    return this.#waitingReload
  }

  /** True while this model is served or has requests to answer. */
  has(gan: DCGAN): boolean {
    for (const entry of this.#entries) if (entry.gan === gan) return true
    return false
  }

  /** For metrics: sums over all models since the start. */
  get stats(): { waiting: number; forwards: number; lastBatch: number } {
    const { lastBatch } = this.#current.gan.stats
    const total = { waiting: 0, forwards: this.#pastForwards, lastBatch }
    for (const { gan } of this.#entries) {
      total.waiting += gan.stats.waiting
      total.forwards += gan.stats.forwards
    }
    return total
  }

  /** Frees all models. What is being loaded is freed when it is there. */
  async dispose(): Promise<void> {
    this.#disposed = true
    await this.#reloads
    this.#current.retired = true
    this.#disposeIfDone(this.#current)
    await Promise.all(this.#disposals)
  }

  async #loadAndReplace(): Promise<Served> {
    if (this.#disposed) throw closed()
    return this.replace(await this.#load())
  }

  #disposeIfDone(entry: Entry): void {
    if (!entry.retired || entry.users > 0 || !this.#entries.delete(entry)) return
    this.#pastForwards += entry.gan.stats.forwards
    const disposal = entry.gan.dispose().finally(() => this.#disposals.delete(disposal))
    this.#disposals.add(disposal)
  }
}

/** Loads what the configuration names. */
export function loadModel({ model, maxBatch, maxQueue }: Config): Promise<DCGAN> {
  const limits = { maxBatch, maxQueue }
  return model ? DCGAN.load(model, limits) : DCGAN.pretrained(limits)
}

function closed(): Error {
  return new Error('The server is closing: it serves no other model')
}

async function entryOf(gan: DCGAN): Promise<Entry> {
  try {
    return { gan, version: await fingerprint(gan), users: 0, retired: false }
  } catch (error) {
    await gan.dispose()
    throw error
  }
}

/**
 * Returns a short name for what a model draws. It is made from pixels rather than from the file, so that it is the same wherever
 * the weights came from (file, package, training), in every process that draws the same, and different where a
 * kind of processor rounds a grey level differently.
 */
async function fingerprint(gan: DCGAN): Promise<string> {
  const hash = createHash('sha256')
  // One after the other: the queue may be shorter than all of them.
  for (let seed = 0; seed < 64; seed++) hash.update((await gan.sample(1, { seed })).pixels)
  return hash.digest('hex').slice(0, 10)
}
