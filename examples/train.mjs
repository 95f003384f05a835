// Trains, shows how far it is, and stops on Ctrl-C: node examples/train.mjs [epochs] [folder of IDX files]
// If it is started again, it continues from there.
import { existsSync } from 'node:fs'
import { DCGAN, recipes } from 'libtorch-dcgan'

const [epochs = '3', dataset] = process.argv.slice(2)
const path = 'checkpoint.safetensors'
const hparams = { epochs: Number(epochs) }
const gan = existsSync(path)
  ? await DCGAN.load(path, hparams)
  : new DCGAN({ ...recipes.best, ...hparams, verboseFreq: 100 })

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

try {
  const { gif } = await gan.train({
    dataset,
    signal: stop.signal,
    checkpoint: { path, everySteps: 200 },
    onProgress: ({ step, totalSteps, discLoss, genLoss, etaSeconds, snapshot }) => {
      if (snapshot === undefined) return
      const losses = `discriminator ${discLoss.toFixed(3)}, generator ${genLoss.toFixed(3)}`
      console.log(`step ${step}/${totalSteps}: ${losses}, ${Math.ceil(etaSeconds)} s left, ${snapshot}`)
    },
  })
  await gan.save('digits.safetensors', { only: 'generator' })
  console.log(`digits.safetensors is trained; ${gif ?? 'nothing was left to do'}`)
} catch (error) {
  if (!stop.signal.aborted) throw error
  console.log(`stopped at step ${gan.step}; run it again to continue`)
} finally {
  await gan.dispose()
}
