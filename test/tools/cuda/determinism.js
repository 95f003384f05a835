'use strict'

const { DCGAN } = require('../../../dist/index.js')
const { ALL, images, sameBits, stateOf, temporary, withModel } = require('./support.js')

const DATASET = images(25 * 32 + 9) // the last mini-batch is smaller
const STEPS = 26

/** @param {string} device */
async function determinism(device) {
  const once = () =>
    withModel({ ...ALL, device }, async gan => {
      await gan.trainEpoch(DATASET)
      return stateOf(gan)
    })
  const [first, second] = [await once(), await once()]
  return [sameBits('two runs with one seed', first === second)]
}

/**
 * Two epochs in parts, each part by a model that was loaded from a file, against two epochs without a break. The parts
 * end where a replay of several steps would have gone on.
 *
 * @param {string} device
 */
async function resume(device) {
  const whole = await withModel({ ...ALL, device }, async gan => {
    await gan.train({ dataset: DATASET, outputDir: null })
    return stateOf(gan)
  })
  const file = temporary()
  await withModel({ ...ALL, device }, gan => gan.save(file))
  let resumed = ''
  for (const maxSteps of [5, 13, 11, 2 * STEPS]) {
    const gan = await DCGAN.load(file, { device })
    const left = 2 * STEPS - gan.step
    await gan.train({ dataset: DATASET, outputDir: null, maxSteps: Math.min(maxSteps, left) })
    await gan.save(file)
    resumed = await stateOf(gan)
    await gan.dispose()
  }
  return [sameBits('two epochs in four parts, and at once', resumed === whole)]
}

module.exports = { determinism, resume }
