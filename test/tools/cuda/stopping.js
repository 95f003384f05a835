'use strict'

const { images, sameBits, stateOf, withModel } = require('./support.js')

/** Steps that take a GPU long enough to be stopped among them. @param {string} device */
const long = device => images(device === 'cpu' ? 1920 : 128_000)

/** @param {Promise<unknown>} promise @returns {Promise<string>} */
const failure = promise =>
  promise.then(
    () => 'no error',
    error => (error.name === 'AbortError' ? error.name : error.code),
  )

/** @param {string} device */
async function stopping(device) {
  const dataset = long(device)
  const steps = dataset.count / 32
  const rows = await withModel({ device }, async gan => {
    const stop = new AbortController()
    const aborted = await failure(
      gan.trainEpoch(dataset, {
        signal: stop.signal,
        onProgress: ({ step }) => {
          if (step > 10) stop.abort()
        },
      }),
    )
    const stopped = gan.step
    await gan.trainEpoch(dataset)
    return [
      {
        what: 'abort within an epoch',
        ok: aborted === 'AbortError' && stopped < steps,
        found: `${aborted} after ${stopped} of ${steps} steps`,
      },
      { what: 'the epoch that was aborted continues', ok: gan.step === steps, found: `${gan.step} steps` },
    ]
  })
  await withModel({ device }, async gan => {
    const epoch = failure(gan.trainEpoch(dataset))
    await gan.sample(1)
    await gan.dispose()
    const found = await epoch
    rows.push({ what: 'dispose within an epoch', ok: found === 'ERR_DCGAN_DISPOSED', found })
  })
  return rows
}

/** Two models that train at the same time, against each by itself. @param {string} device */
async function sharing(device) {
  const dataset = images(640)
  const train = (/** @type {number} */ seed) =>
    withModel({ device, seed }, async gan => {
      await gan.trainEpoch(dataset)
      return stateOf(gan)
    })
  const alone = [await train(1), await train(2)]
  const together = await Promise.all([train(1), train(2)])
  return [sameBits('two models at the same time, and alone', alone.join() === together.join())]
}

module.exports = { sharing, stopping }
