// Writes what DCGAN.sample() makes, for compare.mjs: 1,000 images of the shipped weights, and as many of an unconditional
// model after three epochs.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DCGAN, loadMnist, subset } from 'libtorch-dcgan'

// Looked at from inside: no caller sees the latent vectors of a seed.
const require = createRequire(import.meta.url)
const { training } = require(join(process.cwd(), 'node_modules/libtorch-dcgan/dist/native/native.js'))
const base64 = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

async function reference(gan, file) {
  const { latentDim, classes } = gan.hparams
  const drawn = { seed: 2 ** 32 + 42, count: 1000, length: latentDim }
  const latents = new Uint8Array(training().latents(drawn.seed, drawn.count, drawn.length))
  const requests = []
  for (const [count, asked] of [
    [250, { seed: 7 }],
    [250, { seed: Number.MAX_SAFE_INTEGER }],
    [500, { latents: Float32Array.from({ length: 500 * latentDim }, (_, i) => 2 * Math.sin(i * i)) }],
  ]) {
    // Every class in turn.
    const labels = classes > 0 ? Array.from({ length: count }, (_, i) => i % classes) : undefined
    const { pixels } = await gan.sample(count, { ...asked, labels })
    requests.push({
      ...asked,
      labels,
      latents: asked.latents && base64(asked.latents),
      pixels: base64(pixels),
    })
  }
  await gan.dispose()
  const sha256 = createHash('sha256').update(latents).digest('base64')
  return { file, drawn: { ...drawn, sha256 }, requests }
}

const machine = { device: 'cpu', threads: 1 }
const tutorial = new DCGAN({ ...machine, seed: 7 })
const images = subset(await loadMnist(), 512)
for (let epoch = 0; epoch < 3; epoch++) await tutorial.trainEpoch(images)
await tutorial.save('tutorial.safetensors', { only: 'generator' })
const references = [
  await reference(await DCGAN.pretrained(machine)),
  await reference(tutorial, 'tutorial.safetensors'),
]
writeFileSync('reference.json', JSON.stringify(references))
