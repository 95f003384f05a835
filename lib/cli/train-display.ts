import { clearLine, cursorTo } from 'node:readline'
import type { SingleBar } from 'cli-progress'
import type { Progress } from '../training/progress.js'
import { clock, paint } from './terminal.js'

const PLAIN_INTERVAL_MS = 30_000

/** Shows a training run: a bar on a terminal, now and then a plain line in a log, and the tutorial's log lines. */
export class TrainDisplay {
  readonly #log: NodeJS.WriteStream
  readonly #stream = process.stderr
  #bar: SingleBar | undefined
  #epoch = 0
  #lastPlain = Date.now()

  /** `log`: where the tutorial's log lines go. */
  constructor(log: NodeJS.WriteStream) {
    this.#log = log
  }

  update(progress: Progress): void {
    if (progress.epoch !== this.#epoch) {
      this.#epoch = progress.epoch
      this.#line(`Epoch ${progress.epoch}`)
    }
    if (progress.snapshot !== undefined) {
      const step = Number(/(\d+)\.png$/.exec(progress.snapshot)?.[1])
      this.#line(
        `Train step ${step}, Discriminator loss = ${progress.discLoss}, Generator loss = ${progress.genLoss}`,
      )
    }
    if (this.#stream.isTTY) this.#draw(progress)
    else this.#plain(progress)
  }

  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }

  #draw(progress: Progress): void {
    if (this.#bar === undefined) {
      const { SingleBar, Presets } = require('cli-progress') as typeof import('cli-progress')
      const format = `{epochs} ${paint(this.#stream, 'green', '{bar}')} {text}`
      const options = {
        format,
        stream: this.#stream,
        barsize: 24,
        hideCursor: true,
        forceRedraw: true,
        fps: 20,
      }
      this.#bar = new SingleBar(options, Presets.shades_classic)
      this.#bar.start(progress.totalSteps, progress.step, payload(progress))
      return
    }
    this.#bar.update(progress.step, payload(progress))
  }

  #plain(progress: Progress): void {
    if (Date.now() - this.#lastPlain < PLAIN_INTERVAL_MS) return
    this.#lastPlain = Date.now()
    const { epochs, text } = payload(progress)
    this.#stream.write(`${epochs}, ${text}\n`)
  }

  #line(text: string): void {
    if (this.#bar !== undefined) {
      clearLine(this.#stream, 0)
      cursorTo(this.#stream, 0)
    }
    this.#log.write(`${text}\n`)
  }
}

function payload(progress: Progress): { epochs: string; text: string } {
  const { epoch, epochs, step, totalSteps, discLoss, genLoss, imagesPerSecond, etaSeconds } = progress
  return {
    epochs: `epoch ${epoch}/${epochs}`,
    text: [
      `step ${step}/${totalSteps}`,
      `D ${discLoss.toFixed(3)}  G ${genLoss.toFixed(3)}`,
      `${imagesPerSecond.toFixed(0)} images/s`,
      `${clock(etaSeconds)} left`,
    ].join('  '),
  }
}
