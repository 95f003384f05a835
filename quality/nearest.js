'use strict'
// Looks for training images among the images of a generator: node quality/nearest.js --help
const { writeFileSync } = require('node:fs')
const { parseArgs } = require('node:util')
const { DCGAN, ImageBatch, loadMnist } = require('..')

const HELP = `Usage: node quality/nearest.js [options] [model]

Finds the nearest training image of each sample of a model, a state file or 'pretrained', and does the same for test
images, which no training saw. A generator that had memorised training images would be much nearer to them. Prints the
distances as root mean squares per pixel, in grey levels.

  --count n     samples, and test images (default: 1000)
  --seed n      of the samples (default: 1)
  --out file    a picture of the ten samples that are nearest to a training image, each above that image`

const OPTIONS = {
  count: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
}
const PIXELS = 784
const SHOWN = 10

/**
 * The nearest training image of each image, and its distance.
 *
 * @param {Uint8Array} images @param {Uint8Array} training
 * @returns {{ index: number, nearest: number, distance: number }[]}
 */
function nearest(images, training) {
  return Array.from({ length: images.length / PIXELS }, (_, index) => {
    const image = images.subarray(index * PIXELS, (index + 1) * PIXELS)
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY]
    for (let start = 0; start < training.length; start += PIXELS) {
      let sum = 0
      // A row at a time, as most images are too far away after a few.
      for (let row = 0; row < PIXELS && sum < least; row += 28) {
        for (let i = row; i < row + 28; i++) {
          const difference = image[i] - training[start + i]
          sum += difference * difference
        }
      }
      if (sum < least) [nearest, least] = [start / PIXELS, sum]
    }
    return { index, nearest, distance: Math.sqrt(least / PIXELS) }
  })
}

/** @param {string} name @param {{ distance: number }[]} found in the order of their distances */
function row(name, found) {
  const at = share => found[Math.floor(share * (found.length - 1))].distance.toFixed(1)
  return `| ${name} | ${[0, 0.01, 0.1, 0.5, 0.9].map(at).join(' | ')} |`
}

async function main() {
  const { values: options, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true })
  if (options.help) return console.log(HELP)
  const [model = 'pretrained'] = positionals
  const count = Number(options.count)
  const gan = model === 'pretrained' ? await DCGAN.pretrained() : await DCGAN.load(model)
  const samples = (await gan.sample(count, { seed: Number(options.seed) })).pixels
  await gan.dispose()
  const training = (await loadMnist()).images
  const test = (await loadMnist({ split: 'test' })).images.subarray(0, count * PIXELS)

  const [ours, real] = [samples, test].map(images =>
    nearest(images, training).sort((a, b) => a.distance - b.distance),
  )
  console.log(
    '| to the nearest training image | least | 1 % | 10 % | median | 90 % |\n|---|---:|---:|---:|---:|---:|',
  )
  console.log([row('samples', ours), row('test images', real)].join('\n'))
  if (options.out === undefined) return
  const at = (images, index) => images.subarray(index * PIXELS, (index + 1) * PIXELS)
  const shown = ours.slice(0, SHOWN)
  const pairs = [
    ...shown.map(({ index }) => at(samples, index)),
    ...shown.map(each => at(training, each.nearest)),
  ]
  writeFileSync(options.out, await new ImageBatch(Buffer.concat(pairs)).grid({ columns: SHOWN, scale: 2 }))
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
