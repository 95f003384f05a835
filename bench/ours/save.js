// Writes the generator that ours/sample.js makes, for ours/portable.js and onnxruntime: node save.js SAFETENSORS ONNX
import { DCGAN } from '../../dist/index.mjs'

const [file, onnx] = process.argv.slice(2)
const gan = new DCGAN({ device: 'cpu', seed: 1 })
await gan.save(file, { only: 'generator' })
await gan.exportOnnx(onnx)
await gan.dispose()
