'use strict'
// Measures the epochs of runs and prints their tables: see docs/quality.md. npm run quality -- --help
const { parseArgs } = require('node:util')
const { DCGAN } = require('..')
const { listResults, readResult, resultFile, writeResult } = require('./results.js')
const { openRun, trainedWith } = require('./runs.js')
const { SAMPLES } = require('./sample.js')
const { floorTable, runTable } = require('./table.js')

const HELP = `Usage: npm run quality -- [options] [run...]

Measures, by evaluate(), those epochs of each run that are not in quality/results/<run>.jsonl yet. A run is a name under
quality/runs or the path of a folder that quality/train.js wrote. Prints the tables of the runs, all that have results
without any.

  --table         only print what was measured before`

const OPTIONS = {
  table: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
}

/** Each epoch is written as soon as it is measured. */
async function measure(run) {
  let known = readResult(run.name)
  if (run.epochs.size === 0) return known
  const hparams = await trainedWith(run.epochs.values().next().value)
  const missing = [...run.epochs.keys()].filter(epoch => !known?.rows.some(other => other.epoch === epoch))
  for (const epoch of missing) {
    const { classifier, ...figures } = await figuresOf(run.epochs.get(epoch))
    const { digest, accuracy } = classifier
    const head = { run: run.name, hparams, samples: SAMPLES, classifier: digest, accuracy }
    if (known !== undefined) assertSame(known.head, head)
    const rows = [...(known?.rows ?? []), { ...run.log.get(epoch), ...figures, epoch }]
    rows.sort((a, b) => a.epoch - b.epoch)
    known = writeResult(run.name, { head, rows })
    console.error(`${run.name} epoch ${epoch}: FD ${figures.fd.toFixed(1)}`)
  }
  return known
}

/** The figures of a state, rounded to four digits behind the point. */
async function figuresOf(file) {
  const { count, seed, precision } = SAMPLES
  const gan = await DCGAN.load(file, { precision, device: 'cpu' })
  try {
    const {
      classifier,
      frechetDistance: fd,
      ...more
    } = await gan.evaluate({ count, seed, labels: 'uniform' })
    const { precision: p, recall, density, coverage, confidence, labelAccuracy, labelAccuracyByClass } = more
    const figures = { fd, precision: p, recall, density, coverage, confidence, labelAccuracy }
    const rounded = Object.entries(figures).filter(([, value]) => value !== undefined)
    return {
      classifier,
      ...Object.fromEntries(rounded.map(([key, value]) => [key, Math.round(value * 1e4) / 1e4])),
      ...(labelAccuracyByClass && { leastLabelAccuracy: Math.min(...labelAccuracyByClass) }),
      classes: Array.from(more.classShares, share => Math.round(share * count)),
    }
  } finally {
    await gan.dispose()
  }
}

/** Epochs that were measured in different ways do not belong into one file. */
function assertSame(known, head) {
  for (const key of ['samples', 'classifier']) {
    if (JSON.stringify(known[key]) === JSON.stringify(head[key])) continue
    throw new Error(`${resultFile(head.run)} has another ${key}. Remove it to measure all epochs again`)
  }
}

async function main() {
  const { values: options, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true })
  if (options.help) return console.log(HELP)
  const names = positionals.length > 0 ? positionals : listResults()
  for (const name of names) {
    const result = options.table || positionals.length === 0 ? readResult(name) : await measure(openRun(name))
    if (result === undefined) throw new Error(`${name} has no epochs that were measured`)
    console.log(name === 'floor' ? floorTable(result) : runTable(result))
  }
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
