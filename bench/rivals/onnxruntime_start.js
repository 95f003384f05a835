// From nothing to the first image in onnxruntime-node: node onnxruntime_start.js MODEL [COUNT]. With a COUNT it makes as
// many, 64 at a time, and prints the resident MiB.
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [model, count = '1'] = process.argv.slice(2)
const session = await InferenceSession.create(model)
let images
for (let left = Number(count); left > 0; left -= 64) {
  const batch = Math.min(left, 64)
  const latents = new Tensor('float32', Float32Array.from({ length: batch * 100 }, Math.random), [batch, 100])
  ;({ images } = await session.run({ latents }))
}
console.log(Number(count) > 1 ? process.memoryUsage().rss / 2 ** 20 : images.data[0])
