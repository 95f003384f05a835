'use strict'
// A run: quality/runs/<name>/ with epoch-NN.safetensors and log.jsonl, as quality/train.js writes them.
const { readdirSync, readFileSync, existsSync } = require('node:fs')
const { join, basename, resolve } = require('node:path')
const { readInfo } = require('../dist/checkpoint')

/**
 * @param {string} run a name under quality/runs, or the path of a folder
 * @returns {{ name: string, folder: string, epochs: Map<number, string>, log: Map<number, object> }}
 */
function openRun(run) {
  const folder = run.includes('/') ? resolve(run) : join(__dirname, 'runs', run)
  if (!existsSync(folder))
    throw new Error(`No folder ${folder}. Train it: node quality/train.js ${basename(run)}`)
  const log = join(folder, 'log.jsonl')
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) : []
  const finished = new Map(lines.map(line => JSON.parse(line)).map(entry => [entry.epoch, entry]))
  const epochs = readdirSync(folder)
    .map(name => ({ name, epoch: Number(/^epoch-(\d+)\.safetensors$/.exec(name)?.[1]) }))
    .filter(({ epoch }) => finished.has(epoch))
    .sort((a, b) => a.epoch - b.epoch)
  return {
    name: basename(folder),
    folder,
    epochs: new Map(epochs.map(({ name, epoch }) => [epoch, join(folder, name)])),
    log: finished,
  }
}

/** The hyper-parameters that a state file was trained with. */
async function trainedWith(file) {
  return (await readInfo(file)).hparams
}

module.exports = { openRun, trainedWith }
