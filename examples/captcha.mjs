// Six legible digits as one noisy picture, with sharp: npm install sharp, then node examples/captcha.mjs [seed]
import { DCGAN } from 'libtorch-dcgan'
import sharp from 'sharp'

const seed = Number(process.argv[2] ?? 1)
const gan = await DCGAN.pretrained()
// Only digits that are easy to read: the package's classifier is at least 99 % sure of each.
const digits = await gan.sample(6, { seed, minConfidence: 0.99 })
await gan.dispose()

const pictures = []
for (const [i, { pixels, label }] of [...digits].entries()) {
  const black = pixels.map(level => 255 - level)
  const input = await sharp(black, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(64, 64, { kernel: 'cubic' })
    .rotate(((seed * 31 + i * 53) % 40) - 20, { background: '#fff' })
    .png()
    .toBuffer()
  pictures.push({ input, left: 4 + i * 58, top: 2 + ((label * 7) % 16), blend: 'multiply' })
}
const noise = { type: 'gaussian', mean: 200, sigma: 30 }
const paper = { width: 380, height: 104, channels: 3, background: '#fff', noise }
await sharp({ create: paper }).composite(pictures).png().toFile('captcha.png')
console.log(`captcha.png shows ${digits.labels?.join('')}`)
