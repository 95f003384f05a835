// Compares the images of portable with those of DCGAN: portable.mjs RUNTIME COUNT
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { Generator } from 'libtorch-dcgan/portable'
import { compare } from './compare.mjs'

const [name, count] = process.argv.slice(2)
const { default: runtime } = await import(name)
const file = join(process.cwd(), 'node_modules', 'libtorch-dcgan', 'dist', 'portable', 'latents.js')
const { drawLatents } = createRequire(import.meta.url)(file)
const references = JSON.parse(readFileSync('reference.json', 'utf8'))
const compared = await compare({ Generator, drawLatents, runtime }, references, Number(count))
const generator = await Generator.pretrained()
const png = await (await generator.sample(4)).grid()
await generator.dispose()
console.log(`${compared} images as those of DCGAN, ${new TextDecoder().decode(png.subarray(1, 4))}`)
