/** How far a training run is; what `onProgress` is given. */
export interface Progress {
  /** The epoch that runs, from 1. */
  epoch: number
  /** The last epoch of this call. */
  epochs: number
  /** Steps that the model has made in all, this one included. */
  step: number
  /** Steps of a whole epoch on this data set. */
  stepsPerEpoch: number
  /** What `step` will be when this call is done. */
  totalSteps: number
  /** The discriminator's loss in this step, without gradient penalties. */
  discLoss: number
  /** The generator's loss in this step. */
  genLoss: number
  /** Training images a second, over the last ten seconds or so. */
  imagesPerSecond: number
  /** Seconds until this call is done, at that speed. */
  etaSeconds: number
  /** Path of the snapshot that was written for this step, if one was. */
  snapshot?: string | undefined
}

const WINDOW_SECONDS = 10

/** Speed over a sliding window: it follows a change of load soon, and one slow step hardly shows. */
export class SpeedMeter {
  readonly #marks: { time: number; images: number }[] = []

  get empty(): boolean {
    return this.#marks.length === 0
  }

  /** `images`: trained on so far; `milliseconds`: on the clock of `performance.now()`. */
  mark(images: number, milliseconds = performance.now()): void {
    const time = milliseconds / 1000
    this.#marks.push({ time, images })
    while (this.#marks.length > 2 && time - (this.#marks[1]?.time ?? time) >= WINDOW_SECONDS)
      this.#marks.shift()
  }

  /** Images a second between the window's ends; 0 before there are two. */
  get imagesPerSecond(): number {
    const first = this.#marks[0]
    const last = this.#marks.at(-1)
    if (first === undefined || last === undefined || last.time <= first.time) return 0
    return (last.images - first.images) / (last.time - first.time)
  }
}
