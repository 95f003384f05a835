// From nothing to the first image, and its end: node start.js [COUNT]. With a COUNT it makes as many, and prints the
// resident MiB.
import { DCGAN } from '../../dist/index.mjs'

const count = Number(process.argv[2] ?? 1)
const gan = await DCGAN.pretrained({ device: 'cpu' })
const { pixels } = await gan.sample(count, { seed: 1 })
console.log(count > 1 ? process.memoryUsage().rss / 2 ** 20 : pixels[0])
await gan.dispose()
