import type { Evaluation, Figures } from '../evaluation/index.js'

const WIDTHS = [22, 14, 14]

/** Formats an evaluation as a table of 80 columns, next to the figures of real images. */
export function evaluationTable(model: string, evaluation: Evaluation): string {
  const { count, seed, floor, classifier } = evaluation
  const accuracy = percent(classifier.accuracy, 2)
  const lines = [
    `${count} digits of ${model}, seed ${seed}, and ${floor.count} real ones in their place,`,
    `compared with real ones by the classifier ${classifier.digest.slice(0, 8)} (accuracy ${accuracy})`,
    '',
    row('', 'generated', 'real', ''),
    ...ROWS.map(([name, of, meaning]) => row(name, of(evaluation), of(floor), meaning)),
  ]
  if (evaluation.labelAccuracy !== undefined) {
    const read = ({ labelAccuracy }: Figures) =>
      labelAccuracy === undefined ? '' : percent(labelAccuracy, 2)
    lines.push(row('read as asked', read(evaluation), read(floor), 'labels that are read'))
    lines.push(row('  least', leastRead(evaluation), leastRead(floor), 'of one label'))
  }
  if (count < USUAL_COUNT) lines.push(...FEWER)
  return lines.join('\n')
}

const USUAL_COUNT = 10_000
/** How the distance grows: means of two seeds, measured with the shipped weights. */
const FEWER = [
  '',
  'With fewer digits than 10,000, every distance is larger. That of the shipped',
  'generator is 2.3 with 10,000, 2.5 with 5,000, 4.5 with 1,000 and 6.7 with 500;',
  'that of real digits is 1.4, 1.8, 3.8 and 8.9. Compare figures of one count.',
]

type Row = [name: string, of: (figures: Figures) => string, meaning: string]

const ROWS: Row[] = [
  ['Fréchet distance', ({ frechetDistance }) => distance(frechetDistance), 'smaller is better'],
  ['precision', ({ precision }) => precision.toFixed(3), 'how many look real'],
  ['recall', ({ recall }) => recall.toFixed(3), 'how much variety is there'],
  ['density', ({ density }) => density.toFixed(3), 'how many real ones are near'],
  ['coverage', ({ coverage }) => coverage.toFixed(3), 'real ones with one near'],
  ['confidence', ({ confidence }) => confidence.toFixed(4), 'of the classifier'],
  ['rarest digit', ({ classShares }) => extreme(classShares, Math.min), 'its share'],
  ['commonest digit', ({ classShares }) => extreme(classShares, Math.max), 'its share'],
]

function row(name: string, generated: string, real: string, meaning: string): string {
  const [first, ...others] = WIDTHS as [number, number, number]
  const cells = [generated, real].map((cell, i) => cell.padStart(others[i] as number))
  return `${name.padEnd(first)}${cells.join('')}  ${meaning}`.trimEnd()
}

function distance(value: number): string {
  return value < 100 ? value.toFixed(2) : value.toFixed(0)
}

/** Formats the extreme share and its class: "8.6 % (5)". */
function extreme(shares: readonly number[], which: (...values: number[]) => number): string {
  const share = which(...shares)
  return `${percent(share, 1)} (${shares.indexOf(share)})`
}

function leastRead({ labelAccuracyByClass }: Figures): string {
  const known = labelAccuracyByClass?.filter(value => !Number.isNaN(value)) ?? []
  if (known.length === 0) return ''
  const least = Math.min(...known)
  return `${percent(least, 1)} (${labelAccuracyByClass?.indexOf(least)})`
}

function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`
}
