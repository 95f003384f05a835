// What DCGAN.sample() makes, for portable.mjs to compare with.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DCGAN } from 'libtorch-dcgan'

const seed = 2 ** 32 + 42
const labels = Array.from({ length: 50 }, (_, i) => i % 10)
const gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
const { pixels } = await gan.sample(labels.length, { seed, labels })
await gan.dispose()
const { native } = createRequire(import.meta.url)(
  join(process.cwd(), 'node_modules', 'libtorch-dcgan', 'dist', 'native', 'native.js'),
)
const bytes = new Uint8Array(native().latents(seed, 1000, 100))
const latents = createHash('sha1').update(bytes).digest('hex')
writeFileSync(
  'reference.json',
  JSON.stringify({ seed, labels, latents, pixels: Buffer.from(pixels).toString('base64') }),
)
