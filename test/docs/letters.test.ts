import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, loadImages } from '../../lib/index'
import { kept } from '../dcgan-support'
import { App } from './app.js'
import { ROOT } from './documents.js'

// The page "Your own images" of the training guide, as it stands, on 600 letters of a font.
jest.setTimeout(1_800_000)

const app = new App()
afterAll(() => app.remove())

/** The block of the document that goes from a folder of PNG files to an evaluation. */
function page(): string {
  const text = readFileSync(join(ROOT, 'docs', 'training.md'), 'utf8')
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string)
  return blocks.find(
    code => code.includes("loadImages('letters')") && code.includes('writeDataset'),
  ) as string
}

test('from PNG files of letters to labelled samples, a data set and an evaluation', async () => {
  const node = (...args: string[]) =>
    execFileSync(process.execPath, args, {
      cwd: app.folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
  node(join(ROOT, 'test', 'docs', 'letters.mjs'), app.path('letters'), '60')
  writeFileSync(app.path('page.mts'), page())
  expect(app.compile(['page.mts'])).toEqual([])
  const [distance, floor, accuracy] = node(app.path('page.mjs')).trim().split(' ').map(Number) as [
    number,
    number,
    number,
  ]
  expect(floor).toBeLessThan(distance)
  expect(accuracy).toBeGreaterThan(0.5)
  expect(readdirSync(app.path('more-letters'))).toEqual([...'ABCDEFGHIJ'])
  expect((await loadImages(app.path('more-letters'), { invert: false })).count).toBe(200)
  const gan = kept(await DCGAN.load(app.path('letters.safetensors'), { device: 'cpu' }))
  const { confidences } = await gan.sample(4, { seed: 1, labels: 'A', minConfidence: 0.5 })
  expect(Math.max(...confidences)).toBeGreaterThan(0.5)
})
