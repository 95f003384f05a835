/** How far training is: the argument of `onProgress`. */
export interface Progress {
  /** The current epoch, from 1. */
  epoch: number
  /** The last epoch of this call. */
  epochs: number
  /** Steps that the model has made in total, this one included. */
  step: number
  /** Steps of a whole epoch on this data set. */
  stepsPerEpoch: number
  /** The value of `step` at the end of this call. */
  totalSteps: number
  /** The discriminator's loss in this step, without gradient penalties. */
  discLoss: number
  /** The generator's loss in this step. */
  genLoss: number
  /** Training images per second, over about the last ten seconds. */
  imagesPerSecond: number
  /** Seconds until the end of this call, at that speed. */
  etaSeconds: number
  /** Path of the snapshot of this step, if there is one. */
  snapshot?: string | undefined
}

const WINDOW_SECONDS = 10

/** Measures the speed over a sliding window, so that it follows the load and one slow step hardly shows. */
export class SpeedMeter {
  readonly #marks: { time: number; images: number }[] = []

  get empty(): boolean {
    return this.#marks.length === 0
  }

  /** `images`: images trained on so far; `milliseconds`: the time of `performance.now()`. */
  mark(images: number, milliseconds = performance.now()): void {
    const time = milliseconds / 1000
    this.#marks.push({ time, images })
    while (this.#marks.length > 2 && time - (this.#marks[1]?.time ?? time) >= WINDOW_SECONDS)
      this.#marks.shift()
  }

  /** Images per second in the window; 0 before its second mark. */
  get imagesPerSecond(): number {
    const first = this.#marks[0]
    const last = this.#marks.at(-1)
    if (first === undefined || last === undefined || last.time <= first.time) return 0
    return (last.images - first.images) / (last.time - first.time)
  }
}
