import { DcganError, disposed } from '../errors.js'
import { PIXELS } from '../internal/sizes.js'
import { allocate } from '../internal/typed-arrays.js'
import type { NativeImageBytes, NativeSampleJob, NativeSampleRequest, ServingStats } from '../native/types.js'
import type { Instance } from './instance.js'
import { nextTurn } from './turn.js'

/** The most images that are made without a look at other events. It is the sampler's own block: a few milliseconds. */
const BLOCK = 4
/** The most candidates of one image, as in binding/engine/shares.h. */
const CANDIDATES = 20

/** An attempt at an image of a request: the first one, or a further candidate. */
interface Draw {
  image: number
  candidate: number
}

/** A request, and how far it was served. */
interface Job {
  id: number
  request: NativeSampleRequest
  resolve(images: NativeImageBytes): void
  reject(error: unknown): void
  /** Images with a first candidate that is made or in the making. */
  taken: number
  /** Further draws that wait. */
  again: Draw[]
  queued: boolean
  finished: number
  pixels: Uint8Array
  confidences: Float32Array | undefined
}

/** Images of one request that are made in the same forward pass. */
interface Share {
  job: Job
  draws: Draw[]
}

interface QueueOptions {
  latentDim: number
  classes: number
  maxBatch: number
  /** The most images that may wait. */
  maxQueue: number
}

/**
 * Serves requests for images, in the order in which they came, a few images at a time: in between, other events get their
 * turn. Requests that wait next to each other share forward passes. It is a port of binding/engine/request_queue.cc and
 * shares.cc, which use threads.
 */
export class ImageQueue {
  readonly #instance: Instance
  readonly #options: QueueOptions
  readonly #stats: ServingStats = { waiting: 0, served: 0, forwards: 0, lastBatch: 0 }
  readonly #jobs: Job[] = []
  #ids = 0
  #serving = false
  #closed = false

  constructor(instance: Instance, options: QueueOptions) {
    this.#instance = instance
    this.#options = options
  }

  get stats(): ServingStats {
    return { ...this.#stats }
  }

  /** Adds a request. `fixed` ones are accepted even if the queue is full. */
  add(request: NativeSampleRequest): NativeSampleJob {
    const id = ++this.#ids
    const promise = new Promise<NativeImageBytes>((resolve, reject) => {
      const { count, minConfidence } = request
      const labels = request.labels ?? this.#draw(request)
      const { waiting } = this.#stats
      if (this.#closed) throw disposed()
      if (!request.fixed && waiting > 0 && waiting + count > this.#options.maxQueue) {
        throw overloaded(waiting, this.#options.maxQueue)
      }
      const pixels = allocate(() => new Uint8Array(count * PIXELS))
      const confidences = minConfidence === undefined ? undefined : allocate(() => new Float32Array(count))
      const progress = { taken: 0, again: [], queued: true, finished: 0, pixels, confidences }
      this.#jobs.push({ id, request: { ...request, labels }, resolve, reject, ...progress })
      this.#stats.waiting += count
    })
    if (!this.#serving) void this.#serve()
    return { id, promise }
  }

  /** Rejects a request with the code 'ABORTED', unless it was answered. */
  cancel(id: number): void {
    const job = this.#jobs.find(each => each.id === id)
    if (job === undefined) return
    this.#remove(job)
    job.reject({ code: 'ABORTED', message: 'The request was aborted before all of it was served' })
  }

  /** Rejects all requests, and all later ones. */
  close(): void {
    this.#closed = true
    for (const job of [...this.#jobs]) {
      this.#remove(job)
      job.reject(disposed())
    }
  }

  #draw({ seed, first, count, oneLabel }: NativeSampleRequest): Uint8Array | undefined {
    const { classes } = this.#options
    if (classes === 0) return undefined
    const drawn = this.#instance.labels(seed, first, oneLabel ? 1 : count, classes)
    return oneLabel ? new Uint8Array(count).fill(drawn[0] as number) : drawn
  }

  /** Never rejects. */
  async #serve(): Promise<void> {
    this.#serving = true
    await nextTurn()
    while (this.#jobs.length > 0) {
      const shares = this.#take(Math.min(BLOCK, this.#options.maxBatch))
      try {
        this.#make(shares)
      } catch (error) {
        for (const { job } of shares) {
          this.#remove(job)
          job.reject(error)
        }
      }
      await nextTurn()
    }
    this.#serving = false
  }

  #take(most: number): Share[] {
    const shares: Share[] = []
    for (let left = most; left > 0 && this.#jobs[0] !== undefined; ) {
      const job = this.#jobs[0]
      // Images that are drawn again come first, so that few of them wait.
      const draws = job.again.splice(-left)
      while (draws.length < left && job.taken < job.request.count)
        draws.push({ image: job.taken++, candidate: 0 })
      shares.push({ job, draws })
      left -= draws.length
      this.#stats.waiting -= draws.length
      if (waitingOf(job) === 0) this.#remove(job)
    }
    return shares
  }

  #make(shares: readonly Share[]): void {
    const { latentDim } = this.#options
    const count = shares.reduce((sum, { draws }) => sum + draws.length, 0)
    const latents = new Float32Array(count * latentDim)
    const labels = shares[0]?.job.request.labels && new Uint8Array(count)
    let row = 0
    for (const { job, draws } of shares) {
      const { request } = job
      for (const { image, candidate } of draws) {
        const vector =
          request.latents?.subarray(image * latentDim, (image + 1) * latentDim) ??
          this.#instance.latent(request.seed, request.first + image, candidate, latentDim)
        latents.set(scaled(vector, request.truncation), row * latentDim)
        if (labels) labels[row] = request.labels?.[image] as number
        row++
      }
    }
    const pixels = this.#instance.images(latents, labels, count)
    this.#stats.served += count
    this.#stats.forwards++
    this.#stats.lastBatch = count
    let first = 0
    for (const share of shares) {
      const end = first + share.draws.length
      this.#handOver(share, pixels.subarray(first * PIXELS, end * PIXELS), labels?.subarray(first, end))
      first = end
    }
  }

  /** Keeps the best candidate of each image. Puts images that must be drawn again at the end of the queue. */
  #handOver({ job, draws }: Share, pixels: Uint8Array, labels: Uint8Array | undefined): void {
    const { minConfidence, count, labels: own } = job.request
    const { confidences } = job
    const found = confidences && this.#instance.confidences(pixels, labels)
    for (const [i, draw] of draws.entries()) {
      const { image, candidate } = draw
      const confidence = found?.[i] ?? 0
      if (candidate === 0 || confidence > (confidences?.[image] as number)) {
        job.pixels.set(pixels.subarray(i * PIXELS, (i + 1) * PIXELS), image * PIXELS)
        if (confidences) confidences[image] = confidence
      }
      if (confidence < (minConfidence ?? 0) && candidate + 1 < CANDIDATES) {
        job.again.push({ image, candidate: candidate + 1 })
        this.#stats.waiting++
        if (!job.queued) this.#jobs.push(job)
        job.queued = true
      } else {
        job.finished++
      }
    }
    if (job.finished === count)
      job.resolve({
        pixels: job.pixels.buffer as ArrayBuffer,
        labels: own?.buffer as ArrayBuffer | undefined,
        confidences: confidences?.buffer as ArrayBuffer | undefined,
      })
  }

  #remove(job: Job): void {
    if (!job.queued) return
    job.queued = false
    this.#stats.waiting -= waitingOf(job)
    this.#jobs.splice(this.#jobs.indexOf(job), 1)
  }
}

function scaled(vector: Float32Array, factor: number): Float32Array {
  return factor === 1 ? vector : vector.map(value => value * Math.fround(factor))
}

function waitingOf({ request, taken, again }: Job): number {
  return request.count - taken + again.length
}

function overloaded(waiting: number, maxQueue: number): DcganError {
  return new DcganError(
    'ERR_DCGAN_OVERLOADED',
    `${waiting} images wait already, and maxQueue is ${maxQueue}: try again later, or raise maxQueue`,
  )
}
