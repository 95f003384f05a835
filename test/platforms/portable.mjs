// Compares images in WebAssembly with those of LibTorch: portable.mjs Generator|DCGAN COUNT
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { compare } from './compare.mjs'

const [name, count] = process.argv.slice(2)
const from = { Generator: 'libtorch-dcgan/portable', DCGAN: 'libtorch-dcgan' }[name]
const { [name]: Model } = await import(from)
const compared = await compare(Model, JSON.parse(readFileSync('reference.json', 'utf8')), Number(count))
const model = await Model.pretrained()
const png = await (await model.sample(4)).grid()
const engine = model.engine ?? 'portable'
await model.dispose()
console.log(
  `${compared} images as those of LibTorch, ${new TextDecoder().decode(png.subarray(1, 4))}, ${engine}`,
)
