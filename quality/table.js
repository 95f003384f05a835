'use strict'
// Results as Markdown.

/** A class counts as there when it has at least one sample in a hundred; of real digits each has nine or more. */
const PRESENT = 0.01

const COLUMNS = [
  ['discLoss', row => row.discLoss.toFixed(3)],
  ['genLoss', row => row.genLoss.toFixed(3)],
  ['FD', row => distance(row.fd)],
  ['precision', row => row.precision.toFixed(3)],
  ['recall', row => row.recall.toFixed(3)],
  ['density', row => row.density.toFixed(3)],
  ['coverage', row => row.coverage.toFixed(3)],
  [
    'classes',
    row => `${present(row)} (${percent(Math.min(...shares(row)))} to ${percent(Math.max(...shares(row)))})`,
  ],
  ['confidence', row => row.confidence.toFixed(3)],
  ['score', row => row.score?.toFixed(2) ?? ''],
  ['read as requested', row => (row.labelAccuracy === undefined ? '' : accuracy(row))],
  ['seconds', row => row.seconds.toFixed(0)],
]

/** One row an epoch. */
function runTable({ head: { run, classifier }, rows }) {
  const columns = [['epoch', row => `${row.epoch}`], ...COLUMNS]
  return `${run} (classifier ${classifier})\n\n${markdown(columns, rows)}\n`
}

/** Mean and standard deviation over the draws of real images. */
function floorTable({ head: { classifier }, rows: draws }) {
  const spread = [
    ['FD', row => row.fd, 2],
    ['precision', row => row.precision, 3],
    ['recall', row => row.recall, 3],
    ['density', row => row.density, 3],
    ['coverage', row => row.coverage, 3],
    ['least class', row => Math.min(...shares(row)), 3],
    ['most', row => Math.max(...shares(row)), 3],
    ['confidence', row => row.confidence, 4],
    ['score', row => row.score, 2],
  ]
  const columns = [
    ['', row => row.name],
    ...spread.map(([name, of, digits]) => [name, row => row.over(draws.map(of)).toFixed(digits)]),
  ]
  const rows = [
    { name: 'mean', over: mean },
    { name: 'standard deviation', over: deviation },
  ]
  return `real training images, ${draws.length} draws (classifier ${classifier})\n\n${markdown(columns, rows)}\n`
}

function markdown(columns, rows) {
  const lines = [
    columns.map(([name]) => name),
    columns.map(() => '---'),
    ...rows.map(row => columns.map(([, of]) => of(row))),
  ]
  return lines.map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function shares({ classes }) {
  const count = classes.reduce((sum, n) => sum + n, 0)
  return classes.map(n => n / count)
}

function present(row) {
  return shares(row).filter(share => share >= PRESENT).length
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}

function accuracy({ labelAccuracy, leastLabelAccuracy }) {
  return `${percent(labelAccuracy)} (least class ${percent(leastLabelAccuracy)})`
}

function distance(fd) {
  return fd < 100 ? fd.toFixed(1) : fd.toFixed(0)
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values) {
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

module.exports = { floorTable, runTable, PRESENT }
