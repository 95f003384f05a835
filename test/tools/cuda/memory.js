'use strict'

const { DCGAN } = require('../../../dist/index.js')
const { images } = require('./support.js')

/** Images of a forward pass with a first activation of 200 GB. */
const TOO_MANY = 4_000_000

/** @param {string} device @returns {Promise<import('./support.js').Row[]>} */
async function memory(device) {
  const what = 'too large a batch'
  if (device === 'cpu') return [{ what, ok: null, found: 'needs a GPU' }]
  const gan = new DCGAN({
    device,
    latentDim: 1,
    batchSize: 32,
    maxBatch: TOO_MANY,
    maxQueue: TOO_MANY,
    seed: 1,
  })
  /** @type {{ code?: string, message: string }} */
  const failure = await gan.sample().then(
    () => ({ message: 'no error' }),
    error => error,
  )
  const clear =
    failure.code === 'ERR_DCGAN_NATIVE' && /too little free memory.*maxBatch/.test(failure.message)
  const { steps } = await gan.trainEpoch(images(640))
  await gan.dispose()
  return [
    { what, ok: clear, found: `${failure.code}: ${failure.message.split('.')[0]}` },
    { what: 'the model trains after it', ok: steps === 20, found: `${steps} steps` },
  ]
}

module.exports = { memory }
