import { styleText } from 'node:util'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

/** Colours the text where the stream is a terminal that shows colours (`NO_COLOR` is heeded). */
export function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  // Node's own test knows NO_COLOR, FORCE_COLOR and TERM; a stream into a file or a pipe has none.
  return stream.isTTY && stream.hasColors() ? styleText(style, text) : text
}

/** Tells whether lines of a stream can be drawn again: it is a terminal that moves its cursor, and somebody watches. */
export function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI
}

/** The size of a terminal in characters. One that does not know its size counts as 80 × 24. */
export function sizeOf({ columns, rows }: NodeJS.WriteStream): { columns: number; rows: number } {
  return { columns: columns || 80, rows: rows || 24 }
}

/** 3725 → "1:02:05". */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const whole = Math.round(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}
