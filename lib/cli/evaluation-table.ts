import { type AccuracyScore, DEFAULT_COUNT, type Evaluation, type Figures } from '../evaluation/index.js'

const NAME_WIDTH = 18
/** One more than the characters of `12.3 % (255)`. */
const CELL_WIDTH = 13

/** Formats an evaluation as a table of 80 columns, next to the figures of real images. */
export function evaluationTable(model: string, evaluation: Evaluation): string {
  const { count, seed, unseen, floor, classifier, accuracyScore } = evaluation
  const columns = [
    { name: 'generated', figures: evaluation },
    ...(unseen === undefined ? [] : [{ name: 'unseen', figures: unseen }]),
    { name: 'training', figures: floor },
  ]
  const cells = (of: (figures: Figures) => string) => columns.map(({ figures }) => of(figures))
  const lines = [
    `${count} images of ${model}, seed ${seed}, compared with real images`,
    `classifier: ${classifier.digest.slice(0, 8)}, accuracy ${percent(classifier.accuracy, 2)}`,
    ...(unseen === undefined
      ? []
      : ['unseen: real images that the classifier was not trained on, in two halves']),
    `training: ${floor.count} training images`,
    '',
    row(
      '',
      columns.map(({ name }) => name),
      '',
    ),
    ...ROWS.map(([name, of, meaning]) => row(name, cells(of), meaning)),
  ]
  if (evaluation.labelAccuracy !== undefined) {
    lines.push(...LABEL_ROWS.map(([name, of, meaning]) => row(name, cells(of), meaning)))
  }
  if (count < DEFAULT_COUNT) lines.push(...FEWER)
  if (accuracyScore !== undefined) lines.push('', scoreLine(accuracyScore))
  return lines.join('\n')
}

/** The growth of the distance: means of five seeds, measured with the shipped weights. */
const FEWER = [
  '',
  'With fewer images than 10,000, every distance is larger. The shipped generator',
  'has 1.9 with 10,000, 2.3 with 5,000, 4.8 with 1,000 and 7.3 with 500; training',
  'images have 1.4, 1.9, 5.0 and 9.7. Compare only figures of the same count.',
]

type Row = [name: string, of: (figures: Figures) => string, meaning: string]

const ROWS: Row[] = [
  ['Fréchet distance', ({ frechetDistance }) => distance(frechetDistance), 'smaller is better'],
  ['precision', ({ precision }) => precision.toFixed(3), 'how many look real'],
  ['recall', ({ recall }) => recall.toFixed(3), 'how much variety'],
  ['density', ({ density }) => density.toFixed(3), 'real ones nearby'],
  ['coverage', ({ coverage }) => coverage.toFixed(3), 'real ones reached'],
  ['confidence', ({ confidence }) => confidence.toFixed(4), 'of the classifier'],
  ['rarest class', ({ classShares }) => extreme(classShares, Math.min, share), 'its share'],
  ['commonest class', ({ classShares }) => extreme(classShares, Math.max, share), 'its share'],
]

const LABEL_ROWS: Row[] = [
  ['read as requested', ({ labelAccuracy = Number.NaN }) => percent(labelAccuracy, 2), 'by the classifier'],
  ['  least', ({ labelAccuracyByClass }) => extreme(labelAccuracyByClass, Math.min, share), 'of one label'],
  [
    'worst distance',
    ({ frechetDistanceByClass }) => extreme(frechetDistanceByClass, Math.max, distance),
    'within one label',
  ],
]

function row(name: string, cells: readonly string[], meaning: string): string {
  const padded = cells.map(cell => cell.padStart(CELL_WIDTH))
  return `${name.padEnd(NAME_WIDTH)}${padded.join('')}  ${meaning}`.trimEnd()
}

function scoreLine({ count, generated, real }: AccuracyScore): string {
  return (
    `A classifier trained on ${count} generated images reads ${percent(generated, 2)} of the real ones\n` +
    `correctly. Trained on as many real images, it reads ${percent(real, 2)}`
  )
}

function distance(value: number): string {
  return value < 100 ? value.toFixed(2) : value.toFixed(0)
}

function share(value: number): string {
  return percent(value, value === 1 ? 0 : 1)
}

/** Formats the extreme of the values that are numbers, and its class: "8.6 % (5)". */
function extreme(
  values: readonly number[] | undefined,
  which: (...values: number[]) => number,
  format: (value: number) => string,
): string {
  const known = values?.filter(value => !Number.isNaN(value)) ?? []
  if (known.length === 0) return ''
  const value = which(...known)
  return `${format(value)} (${values?.indexOf(value)})`
}

function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`
}
