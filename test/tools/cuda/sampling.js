'use strict'

const { DCGAN } = require('../../../dist/index.js')
const { images, largestDifference, sameBits, temporary, withModel } = require('./support.js')

/** @param {string} device */
async function sampling(device) {
  const file = temporary()
  return withModel({ device, classes: 10 }, async gan => {
    await gan.trainEpoch(images(320))
    await gan.save(file)
    const [alone, many] = [await gan.sample(1, { seed: 5 }), await gan.sample(300, { seed: 5 })]
    const rows = [
      sameBits('an image alone and in a batch', largestDifference(alone.pixels, many.image(0)) === 0),
    ]
    const epoch = gan.trainEpoch(images(960))
    const during = await gan.sample(3, { seed: 6 })
    await epoch
    rows.push({ what: 'images while it trains', ok: during.count === 3, found: `${during.count} images` })

    const there = await DCGAN.load(file, { device })
    const here = await DCGAN.load(file, { device: 'cpu' })
    const apart = largestDifference(
      (await there.sample(64, { seed: 5 })).pixels,
      (await here.sample(64, { seed: 5 })).pixels,
    )
    await Promise.all([there.dispose(), here.dispose()])
    // A TF32 product has ten bits.
    rows.push({ what: 'images of GPU and CPU', ok: apart <= 8, found: `${apart} of 255 grey levels apart` })
    return rows
  })
}

module.exports = { sampling }
