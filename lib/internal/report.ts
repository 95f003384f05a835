import { bar, isLive, sizeOf } from './terminal.js'

const REDRAW_MS = 100

/** Formats a number of bytes. */
export function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`
}

/** Formats the time since `started`. */
export function duration(started: number): string {
  const seconds = (Date.now() - started) / 1000
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}

/** The time at which the bar was drawn. 0: there is none. */
let drawn = 0

/** Writes a line about something that is done. */
export function line(text: string): void {
  clear()
  process.stderr.write(`${text}\n`)
}

/** Shows the progress of a step on a terminal. */
export function progress(
  label: string,
  done: number,
  total: number,
  format: (value: number) => string = String,
) {
  if (!isLive(process.stderr) || Date.now() - drawn < REDRAW_MS) return
  drawn = Date.now()
  const share = total > 0 ? `${bar(done / total)} ${Math.floor((100 * done) / total)} %, ` : ''
  const text = `${label} ${share}${format(done)}${total > 0 ? ` of ${format(total)}` : ''}`
  process.stderr.write(`\r${text.slice(0, sizeOf(process.stderr).columns - 1)}\x1b[K`)
}

/** Removes the bar. */
export function clear(): void {
  if (drawn > 0) process.stderr.write('\r\x1b[K')
  drawn = 0
}
