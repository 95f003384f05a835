'use strict'
// Trains one recipe for its epochs and keeps the generator of each: node quality/train.js <name> [--recipe best]
// [--beta1 0.5 …]. Flags are the hyper-parameters. Others have the values of the recipe or of the tutorial. A list has
// a value for each epoch. A run that was stopped continues from its last complete epoch.
const { existsSync, mkdirSync, appendFileSync } = require('node:fs')
const { join } = require('node:path')
const { DCGAN, loadMnist, recipes } = require('..')

function recipeOf(flags) {
  const given = { seed: 1, precision: 'auto', threads: 1 }
  for (let i = 0; i < flags.length; i += 2) {
    const values = flags[i + 1].split(',').map(text => (Number.isNaN(Number(text)) ? text : Number(text)))
    const key = flags[i].slice(2).replace(/-(.)/g, (_, letter) => letter.toUpperCase())
    given[key] = values.length === 1 ? values[0] : values
  }
  const { recipe = 'tutorial', ...hparams } = given
  return { ...recipes[recipe], ...hparams }
}

async function main([name, ...flags]) {
  const hparams = recipeOf(flags)
  const folder = join(__dirname, 'runs', name)
  mkdirSync(folder, { recursive: true })
  const state = join(folder, 'state.safetensors')
  const gan = existsSync(state) ? await DCGAN.load(state, { threads: hparams.threads }) : new DCGAN(hparams)
  const dataset = await loadMnist()
  while (gan.epoch < gan.hparams.epochs) {
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
