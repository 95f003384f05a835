'use strict'
// Compares DCGAN.evaluate() with the reference implementation, quality/metrics.py, on the same samples, and how the two
// rank generators: node quality/agreement.js --help
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { parseArgs } = require('node:util')
const { DCGAN } = require('../dist/index.js')
const { Judge } = require('./judge.js')

const HELP = `Usage: node quality/agreement.js [options] model...

Evaluates each model, a state file or 'pretrained', by the package and by quality/evaluate.py, on the same samples.
Prints each figure by the package, the largest relative difference of each, and Spearman's correlation of the ranks.
Exit code 1 where a figure differs by more than 0.5 %, or ranks correlate by less than 0.98.

  --python file   a Python with torch, safetensors and numpy (DCGAN_PYTHON, else python3)
  --count n       samples of each model (default: 10000)
  --seed n        of the samples (default: 1)`

const OPTIONS = {
  python: { type: 'string', default: process.env.DCGAN_PYTHON ?? 'python3' },
  count: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h', default: false },
}
const MAX_DIFFERENCE = 0.005
const MIN_CORRELATION = 0.98

/** The name of each figure in the package and in the reference implementation. */
const FIGURES = {
  frechetDistance: 'fd',
  precision: 'precision',
  recall: 'recall',
  density: 'density',
  coverage: 'coverage',
  confidence: 'confidence',
}

/** The figures of both, of one model. */
async function compare(model, { count, seed }, judge, file) {
  const overrides = { device: 'cpu', maxQueue: count }
  const gan = model === 'pretrained' ? await DCGAN.pretrained(overrides) : await DCGAN.load(model, overrides)
  try {
    const ours = await gan.evaluate({ count, seed, labels: 'uniform' })
    writeFileSync(file, (await gan.sample(count, { seed })).pixels)
    const theirs = await judge.judge(file)
    if (!ours.classifier.digest.startsWith(theirs.classifier)) {
      throw new Error(`The classifiers differ: ${ours.classifier.digest} and ${theirs.classifier}`)
    }
    return { model, ours, theirs }
  } finally {
    await gan.dispose()
  }
}

/** Spearman's correlation: the correlation of the ranks. Equal values share the mean of their ranks. */
function spearman(a, b) {
  const [x, y] = [ranks(a), ranks(b)]
  const middle = (a.length - 1) / 2
  const product = (u, v) => u.reduce((sum, value, i) => sum + (value - middle) * (v[i] - middle), 0)
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y))
}

function ranks(values) {
  return values.map(value => {
    const below = values.filter(other => other < value).length
    const same = values.filter(other => other === value).length
    return below + (same - 1) / 2
  })
}

/** Both are 0 where nothing of a bad model is like real images. */
function difference(a, b) {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
}

async function main() {
  const { values: options, positionals: models } = parseArgs({ options: OPTIONS, allowPositionals: true })
  if (options.help || models.length === 0) return console.log(HELP)
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-agreement-'))
  const judge = new Judge(options.python)
  const sampling = { count: Number(options.count), seed: Number(options.seed) }
  const found = []
  try {
    for (const model of models) {
      found.push(await compare(model, sampling, judge, join(folder, 'samples.u8')))
      const { ours } = found.at(-1)
      console.log(model, ...Object.keys(FIGURES).map(name => `${name} ${ours[name].toFixed(4)}`))
    }
  } finally {
    await judge.end()
    rmSync(folder, { recursive: true, force: true })
  }
  let good = true
  for (const [name, other] of Object.entries(FIGURES)) {
    const [ours, theirs] = [found.map(({ ours }) => ours[name]), found.map(({ theirs }) => theirs[other])]
    const largest = Math.max(...ours.map((value, i) => difference(value, theirs[i])))
    const correlation = found.length > 2 ? spearman(ours, theirs) : 1
    good &&= largest <= MAX_DIFFERENCE && correlation >= MIN_CORRELATION
    console.log(
      `${name}: differs by ${(100 * largest).toFixed(4)} % at most, ranks correlate by ${correlation.toFixed(4)}`,
    )
  }
  process.exitCode = good ? 0 : 1
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
