import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Dataset, DCGAN, loadMnist } from '../../lib/index'
import { kept } from '../support/dcgan'
import { refused } from '../support/failure'

const COUNT = 300
const NEIGHBOURS = 3000

/** The label of the nearest real image, and its distance a pixel. */
function nearest(pixels: Uint8Array, real: Dataset): { label: number; distance: number } {
  let best = { label: -1, distance: Number.POSITIVE_INFINITY }
  for (let i = 0; i < NEIGHBOURS; i++) {
    let sum = 0
    for (let p = 0; p < 784; p++) {
      const difference = (pixels[p] as number) - (real.images[i * 784 + p] as number)
      sum += difference * difference
    }
    if (sum < best.distance) best = { label: real.labels[i] as number, distance: sum }
  }
  return { label: best.label, distance: Math.sqrt(best.distance / 784) }
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

test('the weights that the package ships make digits of all ten classes, little further from real ones than real ones are', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  expect(gan.hparams).toMatchObject({ precision: 'float32', threads: 'auto', classes: 10 })
  const [batch, real, test] = [
    await gan.sample(COUNT, { seed: 1 }),
    await loadMnist(),
    await loadMnist(undefined, { split: 'test' }),
  ]
  const made = Array.from({ length: COUNT }, (_, i) => nearest(batch.image(i), real))
  const classes = new Set(made.map(({ label }) => label))
  expect(classes.size).toBe(10)
  // The nearest of so few real images is not always of the same class.
  const right = made.filter(({ label }, i) => label === batch.labels?.[i])
  expect(right.length).toBeGreaterThan(0.85 * COUNT)
  const between = Array.from({ length: COUNT }, (_, i) =>
    nearest(test.images.subarray(i * 784, (i + 1) * 784), real),
  )
  expect(mean(made.map(({ distance }) => distance))).toBeLessThan(
    1.2 * mean(between.map(({ distance }) => distance)),
  )
})

test('they take no more than 5 MB, and say that they only sample', async () => {
  expect(statSync(join(__dirname, '..', '..', 'weights', 'mnist.safetensors')).size).toBeLessThan(5_000_000)
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  await refused(gan.trainEpoch(), 'ERR_DCGAN_WRONG_STATE', "loaded from a generator's file")
})
