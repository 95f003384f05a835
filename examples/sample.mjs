// Sixteen digits of a seed as one picture: node examples/sample.mjs [seed]
import { writeFile } from 'node:fs/promises'
import { DCGAN } from 'libtorch-dcgan'

const seed = Number(process.argv[2] ?? 42)
const gan = await DCGAN.pretrained()
const digits = await gan.sample(16, { seed })
await writeFile('digits.png', await digits.grid({ scale: 4 }))
await gan.dispose()
console.log(`digits.png: 16 digits of seed ${seed}`)
