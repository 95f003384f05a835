'use strict'
// Makes a run's last generator the one that DCGAN.pretrained() loads: node quality/ship.js <name>
const { mkdirSync, statSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { readState, writeState } = require('../dist/checkpoint')
const { openRun } = require('./runs.js')

async function main([name]) {
  const { epochs } = openRun(name)
  const { hparams, state, classNames } = await readState(epochs.get(Math.max(...epochs.keys())))
  // Users serve with other settings than the machine that trained.
  const served = { ...hparams, device: 'auto', precision: 'float32', threads: 'auto' }
  const file = join(__dirname, '..', 'weights', 'mnist.safetensors')
  mkdirSync(dirname(file), { recursive: true })
  await writeState(file, state, served, { only: 'generator', half: true, durable: true, classNames })
  console.log(`${file}: ${statSync(file).size} bytes, epoch ${state.epoch}`)
}

main(process.argv.slice(2)).catch(error => {
  console.error(error)
  process.exitCode = 1
})
