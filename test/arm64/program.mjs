// The program that test/arm64 runs on both platforms, as an application of its own: node program.mjs <task> [file], the answer in JSON.

import fs from 'node:fs'
import { DCGAN } from 'libtorch-dcgan'

const [task, file] = process.argv.slice(2)
const SIZE = { width: 28, height: 28 }

function dataset() {
  const images = new Uint8Array(fs.readFileSync('images.bin'))
  const count = images.length / (SIZE.width * SIZE.height)
  return { images, labels: new Uint8Array(count), count, ...SIZE }
}

/** The losses of one epoch. @param {DCGAN} gan */
async function epoch(gan) {
  const { discLosses, genLosses } = await gan.trainEpoch(dataset())
  return { disc: [...discLosses], gen: [...genLosses] }
}

const tasks = {
  async sample() {
    const gan = await DCGAN.pretrained({ device: 'cpu' })
    const { pixels } = await gan.sample(8, { seed: 42 })
    await gan.dispose()
    return { pixels: Buffer.from(pixels).toString('base64') }
  },
  /** Two epochs; the state between them is saved. */
  async train() {
    const gan = new DCGAN({ seed: 7, batchSize: 4, device: 'cpu', precision: 'float32' })
    const first = await epoch(gan)
    await gan.save(file)
    const second = await epoch(gan)
    await gan.dispose()
    return { first, second }
  },
  async resume() {
    const gan = await DCGAN.load(file)
    const second = await epoch(gan)
    await gan.dispose()
    return { second }
  },
}

process.stdout.write(
  JSON.stringify({ platform: `${process.platform}-${process.arch}`, ...(await tasks[task]()) }),
)
