import { DCGAN } from '../../dist/index.mjs'
import { quantile } from './answers.js'

/**
 * A process of its own: what `sample(64)` reaches when nothing else runs.
 * Arguments: the model's file, seconds. Prints `{ imagesPerSecond, batchSeconds }`.
 */
const COUNT = 64
const [file = '', duration = ''] = process.argv.slice(2)
const gan = await DCGAN.load(file, { maxBatch: COUNT })
for (let i = 0; i < 20; i++) await gan.sample(COUNT, { seed: i })

const times = []
const begin = performance.now()
for (let now = begin; now < begin + 1000 * Number(duration); ) {
  await gan.sample(COUNT, { seed: times.length })
  const end = performance.now()
  times.push((end - now) / 1000)
  now = end
}
const seconds = (performance.now() - begin) / 1000
process.stdout.write(
  JSON.stringify({ imagesPerSecond: (COUNT * times.length) / seconds, batchSeconds: quantile(times, 0.5) }),
)
await gan.dispose()
