'use strict'
// Averages the generators of a run's epochs, all alike: node quality/average.js <run> <first epoch> <last epoch> <file>
const { readState, writeState } = require('../dist/checkpoint')
const { openRun } = require('./runs.js')

async function main([name, first, last, file]) {
  const { epochs } = openRun(name)
  const files = [...epochs].filter(([epoch]) => epoch >= first && epoch <= last).map(([, path]) => path)
  const [{ hparams, state, classNames }, ...others] = await Promise.all(files.map(readState))
  for (const [i, { dtype, data }] of state.tensors.entries()) {
    if (dtype !== 'F32') continue
    const mean = new Float32Array(data)
    const more = others.map(other => new Float32Array(other.state.tensors[i].data))
    for (const j of mean.keys())
      mean[j] = more.reduce((sum, values) => sum + values[j], mean[j]) / files.length
  }
  await writeState(file, state, hparams, { only: 'generator', classNames })
}

main(process.argv.slice(2)).catch(error => {
  console.error(error)
  process.exitCode = 1
})
