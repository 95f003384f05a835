'use strict'

const BAR_WIDTH = 24
const REDRAW_MS = 100
const LOG_EVERY_MS = 10_000

/** @param {number} bytes */
function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${Math.ceil(bytes / 1e3)} kB`
}

/** @param {number} ms */
function duration(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/**
 * What a set-up says: a line for each thing done, and one progress bar at a time. On a terminal the bar redraws
 * itself; in a log it is a line every ten seconds.
 */
class Terminal {
  /** @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} [stream] */
  constructor(stream = process.stderr) {
    this.stream = stream
    this.live = stream.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI
    this.barShown = false
    this.lastDrawn = 0
    this.started = 0
    this.label = ''
    this.first = 0
  }

  /** @param {string} text */
  line(text) {
    this.clear()
    this.stream.write(`${text}\n`)
  }

  /**
   * @param {string} label what is done, for example 'Downloading'; another label starts another bar
   * @param {number} done
   * @param {number | undefined} total undefined where it is not known
   * @param {(value: number) => string} [format] `size` for bytes
   */
  progress(label, done, total, format = String) {
    const now = Date.now()
    if (label !== this.label) {
      this.clear()
      this.label = label
      this.started = now
      this.first = done
      this.lastDrawn = this.live ? 0 : now
    }
    if (now - this.lastDrawn < (this.live ? REDRAW_MS : LOG_EVERY_MS)) return
    this.lastDrawn = now
    const seconds = (now - this.started) / 1000
    const rate = seconds > 0.5 ? (done - this.first) / seconds : 0
    const parts = [total === undefined ? format(done) : `${format(done)} of ${format(total)}`]
    if (rate > 0 && format === size) parts.push(`${size(rate)}/s`)
    if (rate > 0 && total !== undefined) parts.push(`${duration(((total - done) / rate) * 1000)} left`)
    const percent = total ? Math.min(100, Math.floor((100 * done) / total)) : undefined
    if (!this.live) {
      this.stream.write(`${label}: ${percent === undefined ? '' : `${percent} %, `}${parts.join(', ')}\n`)
      return
    }
    const filled = percent === undefined ? 0 : Math.round((percent / 100) * BAR_WIDTH)
    const bar =
      percent === undefined ? '' : ` ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${percent} %`
    const text = `${label}${bar}  ${parts.join('  ')}`
    this.stream.write(`\r${text.slice(0, (this.stream.columns || 80) - 1)}\x1b[K`)
    this.barShown = true
  }

  /** Takes the bar away; the next one starts anew. */
  clear() {
    if (this.barShown) this.stream.write('\r\x1b[K')
    this.barShown = false
    this.label = ''
  }
}

/** @typedef {Terminal} Output */

module.exports = { Terminal, duration, size }
