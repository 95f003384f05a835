import { styleText } from 'node:util'

type Style = 'green' | 'red' | 'yellow'

/** Colours the text if the stream is a terminal with colours. Respects `NO_COLOR`. */
export function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  // hasColors() knows NO_COLOR, FORCE_COLOR and TERM. Files and pipes do not have this method.
  return stream.isTTY && stream.hasColors() ? styleText(style, text) : text
}

/** Returns whether lines can be redrawn: on a terminal that can move its cursor, outside CI. */
export function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI
}

/** Replaces the last line of a terminal. Without a text, clears it. */
export function redraw(stream: NodeJS.WriteStream, text = ''): void {
  if (isLive(stream)) stream.write(`\r\u001b[K${text}`)
}

/** Returns the size of a terminal in characters: 80 × 24 if it is unknown. */
export function sizeOf({ columns, rows }: NodeJS.WriteStream): { columns: number; rows: number } {
  return { columns: columns || 80, rows: rows || 24 }
}

/** Formats seconds: 3725 is "1:02:05". */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const whole = Math.round(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** Draws a bar that is filled to a share from 0 to 1. */
export function bar(share: number, width = 24): string {
  const filled = Math.round(Math.min(1, share) * width)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
}
