'use strict'
// Measures the epochs of runs and prints their tables: see docs/quality.md. npm run quality -- --help
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { parseArgs } = require('node:util')
const { Judge } = require('./judge.js')
const { listResults, readResult, resultFile, writeResult } = require('./results.js')
const { openRun, trainedWith } = require('./runs.js')
const { SAMPLES, sampleState } = require('./sample.js')
const { floorTable, runTable } = require('./table.js')

const HELP = `Usage: npm run quality -- [options] [run...]

Measures those epochs of each run that are not in quality/results/<run>.jsonl yet. A run is a name under quality/runs
or the path of a folder that quality/train.js wrote. Prints the tables of the runs, all that have results without any.

  --python file   a Python with torch and numpy (DCGAN_PYTHON, else python3)
  --floor n       instead, real images: n draws of 10,000 training images
  --table         only print what was measured before`

const OPTIONS = {
  python: { type: 'string', default: process.env.DCGAN_PYTHON ?? 'python3' },
  floor: { type: 'string' },
  table: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
}

/** Each epoch is written as soon as it is measured. */
async function measure(python, run) {
  let known = readResult(run.name)
  if (run.epochs.size === 0) return known
  const hparams = await trainedWith(run.epochs.values().next().value)
  const missing = [...run.epochs.keys()].filter(epoch => !known?.rows.some(other => other.epoch === epoch))
  if (missing.length === 0) return known
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-quality-'))
  const file = join(folder, 'samples.u8')
  const judge = new Judge(python)
  try {
    for (const epoch of missing) {
      await sampleState(run.epochs.get(epoch), file)
      const { classifier, accuracy, count: _, ...figures } = await judge.judge(file)
      const head = { run: run.name, hparams, samples: SAMPLES, classifier, accuracy }
      if (known !== undefined) assertSame(known.head, head)
      const rows = [
        ...(known?.rows ?? []),
        { ...run.log.get(epoch), ...(await rates(run, epoch, hparams)), ...figures, epoch },
      ]
      rows.sort((a, b) => a.epoch - b.epoch)
      known = writeResult(run.name, { head, rows })
      console.error(`${run.name} epoch ${epoch}: FD ${figures.fd.toFixed(1)}`)
    }
    return known
  } finally {
    await judge.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The learning rates of an epoch, where they are no longer those that the run began with. */
async function rates(run, epoch, { discLr, genLr }) {
  const now = await trainedWith(run.epochs.get(epoch))
  return now.discLr === discLr && now.genLr === genLr ? {} : { discLr: now.discLr, genLr: now.genLr }
}

/** Epochs that were measured in different ways do not belong into one file. */
function assertSame(known, head) {
  for (const key of ['samples', 'classifier']) {
    if (JSON.stringify(known[key]) === JSON.stringify(head[key])) continue
    throw new Error(`${resultFile(head.run)} has another ${key}. Remove it to measure all epochs again`)
  }
}

async function measureFloor(python, count) {
  const judge = new Judge(python, ['--floor', count])
  const rows = []
  let head
  for (let figures = await judge.next(); figures !== undefined; figures = await judge.next()) {
    const { classifier, accuracy, count: _, ...rest } = figures
    head = { run: 'floor', classifier, accuracy }
    rows.push({ draw: rows.length + 1, ...rest })
  }
  return writeResult('floor', { head, rows })
}

async function main() {
  const { values: options, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true })
  if (options.help) return console.log(HELP)
  if (options.floor !== undefined)
    return console.log(floorTable(await measureFloor(options.python, options.floor)))
  const names = positionals.length > 0 ? positionals : listResults()
  for (const name of names) {
    const result =
      options.table || positionals.length === 0
        ? readResult(name)
        : await measure(options.python, openRun(name))
    if (result === undefined) throw new Error(`${name} has no epochs that were measured`)
    console.log(name === 'floor' ? floorTable(result) : runTable(result))
  }
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
