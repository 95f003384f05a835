'use strict'
// Trains one recipe for its 25 epochs and keeps the generator of each: node quality/train.js <name> [--beta1 0.5 …]
// Flags are the hyper-parameters, and --drop-at 20 --drop-by 10: after 20 epochs a tenth of both learning rates.
// Stopped, it goes on from the last epoch that was finished.
const { existsSync, mkdirSync, appendFileSync } = require('node:fs')
const { join } = require('node:path')
const { DCGAN, loadMnist } = require('..')

function recipeOf(flags) {
  const recipe = { seed: 1, precision: 'bfloat16', threads: 1 }
  for (let i = 0; i < flags.length; i += 2) {
    const key = flags[i].slice(2).replace(/-(.)/g, (_, letter) => letter.toUpperCase())
    recipe[key] = Number.isNaN(Number(flags[i + 1])) ? flags[i + 1] : Number(flags[i + 1])
  }
  const { dropAt = Number.POSITIVE_INFINITY, dropBy = 10, ...hparams } = recipe
  return { dropAt, dropBy, hparams }
}

async function main([name, ...flags]) {
  const { dropAt, dropBy, hparams } = recipeOf(flags)
  const folder = join(__dirname, 'runs', name)
  mkdirSync(folder, { recursive: true })
  const state = join(folder, 'state.safetensors')
  const resumed = existsSync(state)
  let gan = resumed ? await DCGAN.load(state, { threads: hparams.threads }) : new DCGAN(hparams)
  const { discLr = 2e-4, genLr = 2e-4 } = hparams
  const dataset = await loadMnist()
  while (gan.epoch < gan.hparams.epochs) {
    if (gan.epoch >= dropAt && gan.hparams.genLr === genLr) {
      await gan.dispose()
      gan = await DCGAN.load(state, { discLr: discLr / dropBy, genLr: genLr / dropBy })
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
