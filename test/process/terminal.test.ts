import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { data, TRAIN } from '../cli/support'
import { decodePng } from '../images/decoders'
import { folder } from '../support/folder'

const CLI = join(__dirname, '..', '..', 'dist', 'cli', 'index.js')
const HALF_BLOCK = '▀'
/** A terminal's control codes. */
const CODES = new RegExp(`${String.fromCharCode(27)}\\[[?\\d;]*[A-Za-z]`, 'g')
const QUICK = ['--no-save', '--no-checkpoint', '--no-evaluate']

interface Terminal {
  columns?: number
  rows?: number
  env?: NodeJS.ProcessEnv
  cwd?: string
}

/** Runs the command line on a terminal, which script(1) makes, and returns what it shows. */
function onTerminal(
  args: readonly string[],
  { columns = 80, rows = 24, env, cwd = folder() }: Terminal = {},
) {
  const command = `stty cols ${columns} rows ${rows}; ${[process.execPath, CLI, ...args].join(' ')}`
  const clean = { NO_COLOR: undefined, CI: undefined, FORCE_COLOR: undefined, COLORTERM: undefined }
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { ...process.env, ...clean, TERM: 'xterm-256color', ...env },
    encoding: 'utf8',
  })
  return { shown: stdout, status }
}

/** The pictures' lines, and the grey levels of each: the upper and the lower pixel of every character. */
function pictureLines(shown: string): [number, number][][] {
  return shown
    .split('\n')
    .filter(line => line.includes(HALF_BLOCK))
    .map(line => {
      let levels: [number, number] = [0, 0]
      const parts = line.split(new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`))
      return parts.flatMap((part, i) => {
        if (i % 2 === 0) return Array.from(part).flatMap(each => (each === HALF_BLOCK ? [levels] : []))
        const codes = /^38;(?:2;(\d+);\d+;\d+|5;(\d+));(?:49|48;(?:2;(\d+);\d+;\d+|5;(\d+)))$/.exec(part)
        if (codes !== null) levels = [level(codes[1], codes[2]), level(codes[3], codes[4])]
        return []
      })
    })
}

function level(trueColour: string | undefined, palette: string | undefined): number {
  if (trueColour !== undefined) return Number(trueColour)
  if (palette === undefined) return 0
  return { 16: 0, 231: 255 }[palette] ?? 8 + 10 * (Number(palette) - 232)
}

/** The levels row by row, as a PNG has them. */
function levelsOf(shown: string): number[] {
  return pictureLines(shown).flatMap(line => [
    ...line.map(([upper]) => upper),
    ...line.map(([, lower]) => lower),
  ])
}

const there = spawnSync('script', ['--version']).status === 0
const onPseudoTerminal = there ? describe : describe.skip

onPseudoTerminal('on a terminal', () => {
  test('there are colours and a bar, and NO_COLOR takes the colours away', () => {
    const { shown } = onTerminal([...TRAIN, '--data', data(8), ...QUICK])
    expect(shown.replaceAll('\u001b', 'ESC')).toMatch(/epoch 1\/1 ESC\[32m█+░*ESC\[39m step 2\/2/)
    expect(shown).toContain('\u001b[32mAnimation')
    const wrong = ['grid', '--model', 'none']
    expect(onTerminal(wrong).shown).toContain('\u001b[31merror:')
    expect(onTerminal(wrong, { env: { NO_COLOR: '1' } }).shown).toMatch(/^error: /)
  })

  test('train shows ten digits at each snapshot, in two rows on 80 columns and in one on 150', () => {
    const flags = [...TRAIN, '--output-dim', '4', '--data', data(8), ...QUICK]
    const narrow = pictureLines(onTerminal(flags).shown)
    expect(narrow.map(line => line.length)).toEqual(Array(2 * 15).fill(74)) // step 0 and the end
    const wide = pictureLines(onTerminal(flags, { columns: 150 }).shown)
    expect(wide.map(line => line.length)).toEqual(Array(2 * 7).fill(149))
  })

  test.each<[string, string[], Terminal]>([
    ['--no-preview', ['--no-preview'], {}],
    ['NO_COLOR', [], { env: { NO_COLOR: '1' } }],
    ['CI', [], { env: { CI: '1' } }],
    ['TERM=dumb', [], { env: { TERM: 'dumb' } }],
    ['16 colours', [], { env: { TERM: 'xterm' } }],
    ['a narrow terminal', [], { columns: 50 }],
    ['a low terminal', [], { rows: 10 }],
  ])('%s: train shows no digits, and its bar only where somebody watches', (name, flags, terminal) => {
    const { shown, status } = onTerminal(
      [...TRAIN, '--output-dim', '4', '--data', data(8), ...QUICK, ...flags],
      terminal,
    )
    expect(status).toBe(0)
    expect(shown).not.toContain(HALF_BLOCK)
    expect(shown).toContain('Trained 1 epoch ')
    expect(shown.includes('\u001b[J')).toBe(name !== 'CI' && name !== 'TERM=dumb')
    const bars = shown.split(/[\r\n]/).filter(line => line.includes('images/s  '))
    for (const bar of bars) expect(bar.replaceAll(CODES, '').length).toBeLessThan(terminal.columns ?? 80)
  })

  test('sample and grid show the picture that they write', () => {
    const cwd = folder()
    const file = () => decodePng(readFileSync(join(cwd, 'a.png')))
    const sampled = onTerminal(['sample', '--seed', '5', '--out', 'a.png'], {
      cwd,
      env: { COLORTERM: 'truecolor' },
    })
    expect(levelsOf(sampled.shown)).toEqual(file().levels)
    const flags = ['--seed', '5', '--count', '2', '--gap', '1', '--scale', '2', '--invert', '--out', 'a.png']
    const { shown } = onTerminal(['grid', ...flags], { cwd, columns: 120, rows: 40 })
    expect(file()).toMatchObject({ width: 114, height: 56 })
    const differences = levelsOf(shown).map((each, i) => Math.abs(each - (file().levels[i] as number)))
    expect(Math.max(...differences)).toBeLessThanOrEqual(9) // 256 colours have 26 greys
  })

  test.each([
    ['--json', 'sample', '--json'],
    ['--no-preview', 'grid', '--no-preview'],
    ['too many digits for its columns', 'sample', '--count', '400'],
  ])('%s: %s shows no digits', (_, ...args) => {
    const { shown, status } = onTerminal(args)
    expect(status).toBe(0)
    expect(shown).not.toContain(HALF_BLOCK)
  })

  test('a picture that is too high for the terminal is drawn smaller', () => {
    const { shown } = onTerminal(['sample', '--count', '16'])
    expect(pictureLines(shown).map(line => line.length)).toEqual(Array(19).fill(37))
  })

  test('of a folder of pictures the first ten are shown', () => {
    const { shown } = onTerminal(['sample', '--count', '12', '--out', 'digits'], { columns: 150, rows: 40 })
    expect(pictureLines(shown).map(line => line.length)).toEqual(Array(29).fill(148))
  })
})
