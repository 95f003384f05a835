// From nothing to the first image in onnxruntime-node: node onnxruntime_start.js MODEL; prints its mean value.
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(process.argv[2])
const latents = new Tensor('float32', Float32Array.from({ length: 100 }, Math.random), [1, 100])
const { images } = await session.run({ latents })
console.log(images.data.reduce((sum, x) => sum + x, 0) / 784)
