'use strict'
// One picture of a run: node quality/sheet.js <run> <file.png> [columns]
// A row for each of some epochs, from the first to the last, and in each row the digits of the same latents, in order
// where the model has classes.
const { writeFileSync } = require('node:fs')
const { DCGAN, ImageBatch } = require('..')
const { openRun } = require('./runs.js')

const EPOCHS = [1, 2, 3, 5, 8, 12, 16, 20, 25]
const SEED = 7
const SCALE = 2

async function main([run, file, given = '12']) {
  const columns = Number(given)
  if (file === undefined) throw new Error('Usage: node quality/sheet.js <run> <file.png> [columns]')
  const { epochs } = openRun(run)
  const rows = []
  for (const epoch of EPOCHS.filter(epoch => epochs.has(epoch))) {
    const gan = await DCGAN.load(epochs.get(epoch), { precision: 'float32', device: 'cpu' })
    const { classes } = gan.hparams
    const labels = classes > 0 ? Array.from({ length: columns }, (_, i) => i % classes) : undefined
    rows.push((await gan.sample(columns, { seed: SEED, ...(labels && { labels }) })).pixels)
    await gan.dispose()
    console.log(`row ${rows.length}: epoch ${epoch}`)
  }
  const digits = new ImageBatch(Uint8Array.from(Buffer.concat(rows)))
  writeFileSync(file, await digits.grid({ columns, scale: SCALE }))
}

main(process.argv.slice(2)).catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
