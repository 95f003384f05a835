'use strict'
// Makes a run's last generator the one that DCGAN.pretrained() loads: node quality/ship.js <name>
const { mkdirSync, statSync } = require('node:fs')
const { join } = require('node:path')
const { DCGAN } = require('..')

async function main([name]) {
  // What was chosen for the training machine is not what users should serve with.
  const overrides = { device: 'cpu', precision: 'float32', threads: 'auto' }
  const gan = await DCGAN.load(join(__dirname, 'runs', name, 'state.safetensors'), overrides)
  const served = { ...overrides, device: 'auto' }
  const file = join(__dirname, '..', 'weights', 'mnist.safetensors')
  mkdirSync(join(file, '..'), { recursive: true })
  await gan.save(file, { only: 'generator', half: true })
  await gan.dispose()
  const shipped = await DCGAN.load(file, served)
  await shipped.save(file, { only: 'generator', half: true })
  await shipped.dispose()
  console.log(`${file}: ${statSync(file).size} bytes, epoch ${gan.epoch}`)
}

main(process.argv.slice(2)).catch(error => {
  console.error(error)
  process.exitCode = 1
})
