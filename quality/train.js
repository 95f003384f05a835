'use strict'
// Trains one recipe for its 25 epochs and keeps the generator of each: node quality/train.js <name> [--beta1 0.5 …]
// Flags are the hyper-parameters, and --then-at 20 --then-gen-lr 1e-4 …: other ones after 20 epochs.
// Stopped, it goes on from the last epoch that was finished.
const { existsSync, mkdirSync, appendFileSync } = require('node:fs')
const { join } = require('node:path')
const { DCGAN, loadMnist } = require('..')

/** The hyper-parameters, and those of them that change after `thenAt` epochs. */
function recipeOf(flags) {
  const hparams = { seed: 1, precision: 'auto', threads: 1 }
  const then = {}
  for (let i = 0; i < flags.length; i += 2) {
    const value = Number.isNaN(Number(flags[i + 1])) ? flags[i + 1] : Number(flags[i + 1])
    const later = flags[i].startsWith('--then-')
    const key = flags[i].replace(/^--(then-)?/, '').replace(/-(.)/g, (_, letter) => letter.toUpperCase())
    ;(later ? then : hparams)[key] = value
  }
  const { at: thenAt = Number.POSITIVE_INFINITY, ...changes } = then
  return { hparams, thenAt, changes }
}

async function main([name, ...flags]) {
  const { hparams, thenAt, changes } = recipeOf(flags)
  const folder = join(__dirname, 'runs', name)
  mkdirSync(folder, { recursive: true })
  const state = join(folder, 'state.safetensors')
  let gan = existsSync(state) ? await DCGAN.load(state, { threads: hparams.threads }) : new DCGAN(hparams)
  const dataset = await loadMnist()
  while (gan.epoch < gan.hparams.epochs) {
    if (gan.epoch === thenAt) {
      await gan.dispose()
      gan = await DCGAN.load(state, changes)
    }
    const { epoch, steps, discLoss, genLoss, seconds } = await gan.trainEpoch(dataset)
    const number = String(epoch).padStart(2, '0')
    await gan.save(join(folder, `epoch-${number}.safetensors`), { only: 'generator' })
    await gan.saveGrid(join(folder, `epoch-${number}.png`))
    await gan.save(state)
    const line = JSON.stringify({ epoch, steps, discLoss, genLoss, seconds })
    appendFileSync(join(folder, 'log.jsonl'), `${line}\n`)
    console.log(line)
  }
  await gan.dispose()
}

main(process.argv.slice(2)).catch(error => {
  console.error(error)
  process.exitCode = 1
})
