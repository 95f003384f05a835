// Writes what LibTorch's sampler makes, for compare.mjs: 1,500 images of the shipped weights, and as many of an unconditional
// model after three epochs. That one is saved whole.
import { writeFileSync } from 'node:fs'
import { DCGAN, loadMnist, subset } from 'libtorch-dcgan'

const base64 = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

async function reference(gan, file) {
  const { latentDim, classes } = gan.hparams
  const requests = []
  for (const [count, asked] of [
    [250, { seed: 7 }],
    [250, { seed: Number.MAX_SAFE_INTEGER }],
    [500, { seed: 11, minConfidence: 0.9 }],
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
  return { file, latentDim, requests }
}

const machine = { device: 'cpu', threads: 1 }
const tutorial = new DCGAN({ ...machine, seed: 7 })
const images = subset(await loadMnist(), 512)
for (let epoch = 0; epoch < 3; epoch++) await tutorial.trainEpoch(images)
await tutorial.save('tutorial.safetensors')
const references = [
  await reference(await DCGAN.pretrained(machine)),
  await reference(tutorial, 'tutorial.safetensors'),
]
writeFileSync('reference.json', JSON.stringify(references))
