// From nothing to the first image; prints its mean grey level.
import { DCGAN } from '../../dist/index.mjs'

const gan = new DCGAN({ device: 'cpu', seed: 1 })
const { pixels } = await gan.sample(1, { seed: 1 })
console.log(pixels.reduce((sum, grey) => sum + grey, 0) / pixels.length)
await gan.dispose()
