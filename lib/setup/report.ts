import { bar, isLive, sizeOf } from '../internal/terminal.js'

const REDRAW_MS = 100
const LOG_EVERY_MS = 10_000

export function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${Math.ceil(bytes / 1e3)} kB`
}

export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** The progress that is shown now. */
let shown: { label: string; started: number; first: number; drawn: number; live: boolean } | undefined

/** Writes a line about something that is done. */
export function line(text: string): void {
  clear()
  process.stderr.write(`${text}\n`)
}

/**
 * Shows the progress of a step: with a bar on a terminal, with a line every ten seconds in a log. Another label starts
 * another bar.
 */
export function progress(
  label: string,
  done: number,
  total: number | undefined,
  format: (value: number) => string = String,
): void {
  const now = Date.now()
  if (shown?.label !== label) {
    clear()
    const live = isLive(process.stderr)
    shown = { label, started: now, first: done, drawn: live ? 0 : now, live }
  }
  if (now - shown.drawn < (shown.live ? REDRAW_MS : LOG_EVERY_MS)) return
  shown.drawn = now
  const perMs = (done - shown.first) / (now - shown.started || 1)
  const parts = [total === undefined ? format(done) : `${format(done)} of ${format(total)}`]
  if (perMs > 0 && format === size) parts.push(`${size(perMs * 1000)}/s`)
  if (perMs > 0 && total !== undefined) parts.push(`${duration((total - done) / perMs)} left`)
  const share = total ? done / total : undefined
  const drawn =
    share === undefined ? '' : `${shown.live ? ` ${bar(share)}` : ''} ${Math.floor(share * 100)} %,`
  const text = `${label}${drawn} ${parts.join(', ')}`
  const columns = sizeOf(process.stderr).columns - 1
  process.stderr.write(shown.live ? `\r${text.slice(0, columns)}\x1b[K` : `${text}\n`)
}

/** Removes the bar. */
export function clear(): void {
  if (shown?.live) process.stderr.write('\r\x1b[K')
  shown = undefined
}
