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

/** The progress that is shown now. @type {{ label: string, started: number, first: number, drawn: number, live: boolean } | undefined} */
let shown

/** Writes a line for something done. @param {string} text */
function line(text) {
  clear()
  process.stderr.write(`${text}\n`)
}

/**
 * Shows how far a step is: with a bar on a terminal, with a line every ten seconds in a log.
 *
 * @param {string} label what is done, for example 'Downloading'; another label starts another bar
 * @param {number} done
 * @param {number | undefined} total undefined if it is not known
 * @param {(value: number) => string} [format] `size` for bytes
 */
function progress(label, done, total, format = String) {
  const now = Date.now()
  if (shown?.label !== label) {
    clear()
    const live = process.stderr.isTTY && process.env.TERM !== 'dumb' && !process.env.CI
    shown = { label, started: now, first: done, drawn: live ? 0 : now, live }
  }
  if (now - shown.drawn < (shown.live ? REDRAW_MS : LOG_EVERY_MS)) return
  shown.drawn = now
  const perMs = (done - shown.first) / (now - shown.started || 1)
  const parts = [total === undefined ? format(done) : `${format(done)} of ${format(total)}`]
  if (perMs > 0 && format === size) parts.push(`${size(perMs * 1000)}/s`)
  if (perMs > 0 && total !== undefined) parts.push(`${duration((total - done) / perMs)} left`)
  const share = total ? Math.min(1, done / total) : undefined
  const filled = Math.round((share ?? 0) * BAR_WIDTH)
  const bar =
    shown.live && share !== undefined ? ` ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}` : ''
  const percent = share === undefined ? '' : ` ${Math.floor(share * 100)} %,`
  const text = `${label}${bar}${percent} ${parts.join(', ')}`
  process.stderr.write(
    shown.live ? `\r${text.slice(0, (process.stderr.columns || 80) - 1)}\x1b[K` : `${text}\n`,
  )
}

/** Takes the bar away; the next one starts anew. */
function clear() {
  if (shown?.live) process.stderr.write('\r\x1b[K')
  shown = undefined
}

module.exports = { clear, duration, line, progress, size }
