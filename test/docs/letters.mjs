// Renders letters as PNG files, a folder per class: node test/docs/letters.mjs <folder> <per class> [first]
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Jimp, loadFont } from 'jimp'
import { SANS_64_BLACK } from 'jimp/fonts'

const LETTERS = 'ABCDEFGHIJ'
const SIDE = 112

const [folder = 'letters', perClass = '60', first = '0'] = process.argv.slice(2)
const font = await loadFont(SANS_64_BLACK)

/** A number from 0 to 1 that is always the same for these arguments. */
function noise(...keys) {
  const sine =
    Math.sin(keys.reduce((sum, key, i) => sum + key * [12.9898, 78.233, 37.719][i], 1)) * 43758.5453
  return sine - Math.floor(sine)
}

for (const [label, letter] of [...LETTERS].entries()) {
  const place = join(folder, letter)
  await mkdir(place, { recursive: true })
  for (let i = Number(first); i < Number(first) + Number(perClass); i++) {
    const random = purpose => noise(label, i, purpose)
    const page = new Jimp({ width: SIDE, height: SIDE, color: 0xffffffff })
    page.print({ font, x: 30 + 12 * random(1), y: 8 + 12 * random(2), text: letter })
    page.background = 0xffffffff
    const turned = page.rotate({ deg: 30 * random(3) - 15, mode: false })
    const width = Math.round(SIDE * (0.7 + 0.3 * random(4)))
    const height = Math.round(SIDE * (0.8 + 0.2 * random(5)))
    turned.crop({
      x: Math.round((SIDE - width) / 2),
      y: Math.round((SIDE - height) / 2),
      w: width,
      h: height,
    })
    await turned.write(join(place, `${i + 1}.png`))
  }
}
