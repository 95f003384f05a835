'use strict'

// Makes a PNG of a terminal: tmux capture-pane -p -e | node test/tools/terminal-picture.js docs/images/terminal.png
// CHROMIUM names another browser than chromium.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const [WIDTH, HEIGHT, MARGIN] = [8, 16, 12]
const [TEXT, BACKGROUND] = ['#d8dee9', '#14171d']
const COLOURS = ['#3b4252', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', TEXT]

/** Colours and styles, with their numbers. */
const STYLES = new RegExp(`${String.fromCharCode(27)}\\[([\\d;:]*)m`)

/**
 * Reads a colour of an SGR sequence behind its 38 or 48.
 *
 * @param {number[]} codes
 */
function extended(codes) {
  if (codes.shift() === 2) return `rgb(${codes.splice(0, 3).join()})`
  const index = codes.shift() ?? 0
  if (index < 16) return COLOURS[index % 8]
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + 10 * (index - 232))
      .join()})`
  const cube = [36, 6, 1].map(divisor => Math.floor((index - 16) / divisor) % 6)
  return `rgb(${cube.map(level => (level === 0 ? 0 : 55 + 40 * level)).join()})`
}

/**
 * @param {{ text: string | undefined, background: string | undefined }} style
 * @param {number[]} codes
 */
function apply(style, codes) {
  while (codes.length > 0) {
    const code = codes.shift() ?? 0
    if (code === 0) Object.assign(style, { text: undefined, background: undefined })
    else if (code === 38) style.text = extended(codes)
    else if (code === 48) style.background = extended(codes)
    else if (code === 39) style.text = undefined
    else if (code === 49) style.background = undefined
    else if (code >= 30 && code <= 37) style.text = COLOURS[code - 30]
    else if (code >= 90 && code <= 97) style.text = COLOURS[code - 90]
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/**
 * The page of a terminal's lines. Half blocks are drawn as two rectangles, since fonts leave gaps between them.
 *
 * @param {string[]} lines
 * @param {number} columns
 */
function pageOf(lines, columns) {
  /** @type {{ text: string | undefined, background: string | undefined }} */
  const style = { text: undefined, background: undefined }
  const rows = lines.map(line => {
    const pieces = line.split(STYLES)
    return pieces
      .map((piece, i) => {
        if (i % 2 === 1) {
          apply(style, piece.split(/[;:]/).map(Number))
          return ''
        }
        const { text = TEXT, background = 'transparent' } = style
        return piece.replaceAll(/▀|[^▀]+/g, part =>
          part === '▀'
            ? `<i style="background:linear-gradient(${text} 50%,${background} 50%)"></i>`
            : `<b style="color:${text};background:${background}">${escaped(part)}</b>`,
        )
      })
      .join('')
  })
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: ${MARGIN}px; background: ${BACKGROUND}; width: ${columns * WIDTH}px }
div { height: ${HEIGHT}px; line-height: ${HEIGHT}px; white-space: pre; font: 13.3px/${HEIGHT}px monospace; display: flex }
div > * { flex: none }
i { width: ${WIDTH}px; height: ${HEIGHT}px } b { font-weight: normal }
</style>${rows.map(row => `<div>${row}</div>`).join('\n')}`
}

const lines = fs.readFileSync(0, 'utf8').trimEnd().split('\n')
const columns = Math.max(
  ...lines.map(
    line =>
      line
        .split(STYLES)
        .filter((_, i) => i % 2 === 0)
        .join('')
        .trimEnd().length,
  ),
)
const target = path.resolve(process.argv[2] ?? 'terminal.png')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dcgan-terminal-'))
const page = path.join(folder, 'page.html')
fs.writeFileSync(page, pageOf(lines, columns))
const size = `${columns * WIDTH + 2 * MARGIN},${lines.length * HEIGHT + 2 * MARGIN}`
const flags = ['--headless', '--no-sandbox', '--hide-scrollbars', `--user-data-dir=${folder}/profile`]
execFileSync(
  process.env.CHROMIUM ?? 'chromium',
  [...flags, `--window-size=${size}`, `--screenshot=${target}`, `file://${page}`],
  { stdio: ['ignore', 'ignore', 'pipe'] },
)
fs.rmSync(folder, { recursive: true, force: true })
