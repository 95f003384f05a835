'use strict'

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
 * The progress that is shown now, with a bar on a terminal.
 *
 * @type {{ label: string, started: number, first: number, said: number, bar: import('cli-progress').SingleBar | undefined } | undefined}
 */
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
    shown = { label, started: now, first: done, said: now, bar: newBar() }
    shown.bar?.start(total ?? 0, done, { label, text: '' })
  }
  const perMs = (done - shown.first) / (now - shown.started || 1)
  const parts = [total === undefined ? format(done) : `${format(done)} of ${format(total)}`]
  if (perMs > 0 && format === size) parts.push(`${size(perMs * 1000)}/s`)
  if (perMs > 0 && total !== undefined) parts.push(`${duration((total - done) / perMs)} left`)
  const text = parts.join(', ')
  if (shown.bar) return shown.bar.update(done, { label, text })
  if (now - shown.said < LOG_EVERY_MS) return
  shown.said = now
  const percent = total ? `${Math.floor((100 * done) / total)} %, ` : ''
  process.stderr.write(`${label}: ${percent}${text}\n`)
}

function newBar() {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb' || process.env.CI) return undefined
  const { Presets, SingleBar } = require('cli-progress')
  return new SingleBar(
    // Set-up has its own handler of signals, and clears the bar.
    {
      format: '{label} {bar} {percentage} %  {text}',
      barsize: 24,
      clearOnComplete: true,
      gracefulExit: false,
    },
    Presets.shades_classic,
  )
}

/** Takes the bar away; the next one starts anew. */
function clear() {
  shown?.bar?.stop()
  shown = undefined
}

module.exports = { clear, duration, line, progress, size }
