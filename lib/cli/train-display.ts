import { firstDigits } from '../images/index.js'
import { bar, clock, isLive, paint, sizeOf } from '../internal/terminal.js'
import type { Progress } from '../training/progress.js'
import { halfBlocks, showsPictures } from './half-blocks.js'

const PLAIN_INTERVAL_MS = 30_000
const BAR_WIDTH = 24
const LEAST_BAR_WIDTH = 4
/** Digits in the strip, one of each of ten classes, and the pixels between them. */
const [DIGITS, GAP] = [10, 2]
/** Lines that stay free above the bar for the log. */
const LOG_ROWS = 3

const [HIDE_CURSOR, SHOW_CURSOR] = ['\u001b[?25l', '\u001b[?25h']
const [NO_WRAP, WRAP] = ['\u001b[?7l', '\u001b[?7h']
const CLEAR_DOWN = '\r\u001b[J'

/**
 * Shows a training run. On a terminal: the tutorial's log lines, and below them a progress bar and digits of the last
 * snapshot. In a log file: the tutorial's log lines, and a progress line every thirty seconds.
 */
export class TrainDisplay {
  readonly #log: NodeJS.WriteStream
  readonly #stream = process.stderr
  readonly #live = isLive(this.#stream)
  readonly #pictures: boolean
  /** The strip that is on the terminal below the bar; undefined while there is no bar. */
  #shown: readonly string[] | undefined
  #strip: readonly string[] = []
  #epoch = 0
  /** Steps that the model had made before. */
  #begin = Number.NaN
  #lastPlain = Date.now()
  #stopped = false
  /** Shows the reports in their order. */
  #work: Promise<void> = Promise.resolve()

  /** `log`: where the tutorial's log lines go. `preview`: false to draw no digits. */
  constructor(log: NodeJS.WriteStream, preview: boolean | undefined) {
    this.#log = log
    this.#pictures = showsPictures(this.#stream, preview)
  }

  update(progress: Progress): Promise<void> {
    this.#work = this.#work.then(() => this.#update(progress))
    return this.#work
  }

  /** Ends the display. The bar and the digits stay on the terminal. */
  stop(): void {
    this.#stopped = true
    if (this.#shown === undefined) return
    const lines = this.#shown.length
    this.#stream.write(`${lines > 0 ? `\u001b[${lines}B` : ''}\r\n${SHOW_CURSOR}`)
    this.#shown = undefined
  }

  async #update(progress: Progress): Promise<void> {
    if (Number.isNaN(this.#begin)) this.#begin = progress.step - 1
    if (progress.epoch !== this.#epoch) {
      this.#epoch = progress.epoch
      this.#line(`Epoch ${progress.epoch}`)
    }
    if (progress.snapshot !== undefined) {
      const [disc, gen] = [progress.discLoss.toFixed(6), progress.genLoss.toFixed(6)]
      const step = Number(/(\d+)\.png$/.exec(progress.snapshot)?.[1])
      this.#line(`Train step ${step}, Discriminator loss = ${disc}, Generator loss = ${gen}`)
      if (this.#pictures) this.#strip = await this.#digits(progress.snapshot)
    }
    if (this.#live) this.#draw(progress)
    else this.#plain(progress)
  }

  #draw(progress: Progress): void {
    if (this.#stopped) return
    const bar = this.#bar(progress)
    if (this.#shown === this.#strip) {
      this.#stream.write(`${NO_WRAP}\r${bar}\u001b[K${WRAP}`)
    } else {
      const below = this.#strip.map(line => `\n\r${line}`).join('')
      const up = this.#strip.length > 0 ? `\u001b[${this.#strip.length}A` : ''
      this.#stream.write(`${HIDE_CURSOR}${NO_WRAP}${CLEAR_DOWN}${bar}${below}${up}\r${WRAP}`)
    }
    this.#shown = this.#strip
  }

  #bar(progress: Progress): string {
    const { epochs, text } = texts(progress)
    // The last column stays empty, because clearing the rest of the line would clear it too.
    const columns = sizeOf(this.#stream).columns - 1
    const width = Math.min(BAR_WIDTH, columns - epochs.length - text.length - 2)
    if (width < LEAST_BAR_WIDTH) return `${epochs}  ${text}`.slice(0, columns)
    const done = (progress.step - this.#begin) / (progress.totalSteps - this.#begin)
    return `${epochs} ${paint(this.#stream, 'green', bar(done, width))} ${text}`
  }

  /** Draws the first digits of a snapshot in one or two rows. Returns no lines if they do not fit or the file is gone. */
  async #digits(snapshot: string): Promise<readonly string[]> {
    const { columns, rows } = sizeOf(this.#stream)
    for (const perRow of [DIGITS, DIGITS / 2]) {
      const picture = await firstDigits(snapshot, { count: DIGITS, columns: perRow, gap: GAP }).catch(
        () => undefined,
      )
      if (picture === undefined) return []
      const lines = picture.width <= 2 * columns ? halfBlocks(this.#stream, picture) : []
      if (lines.length > 0 && lines.length + 1 + LOG_ROWS <= rows) return lines
    }
    return []
  }

  #plain(progress: Progress): void {
    if (Date.now() - this.#lastPlain < PLAIN_INTERVAL_MS) return
    this.#lastPlain = Date.now()
    const { epochs, text } = texts(progress)
    this.#stream.write(`${epochs}, ${text}\n`)
  }

  #line(text: string): void {
    if (this.#shown !== undefined) this.#stream.write(CLEAR_DOWN)
    this.#shown = undefined
    this.#log.write(`${text}\n`)
  }
}

function texts(progress: Progress): { epochs: string; text: string } {
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
