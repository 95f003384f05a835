import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, loadImages, recipes } from '../../lib/index'
import { kept } from '../support/dcgan'
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

/** Runs a program, and returns its output. */
function node(...args: string[]): string {
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  return execFileSync(process.execPath, args, { cwd: app.folder, encoding: 'utf8', env })
}

/** Renders letters of each class, from the image `first` on. */
function render(name: string, perClass: number, first = 0): string {
  node(join(ROOT, 'test', 'docs', 'letters.mjs'), app.path(name), `${perClass}`, `${first}`)
  return app.path(name)
}

test('from PNG files of letters to labelled samples, a data set and an evaluation', async () => {
  render('letters', 60)
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

test('the shipped generator, fine-tuned on 2,000 letters, is nearer to other letters than a new one after as many steps', async () => {
  const [train, test] = [await loadImages(render('train', 200)), await loadImages(render('test', 60, 200))]
  const compared = { dataset: test, floorDataset: train, count: 600 }
  const hparams = { epochs: 2, emaDecay: 0.98, seed: 1 }
  const distanceOf = async (gan: DCGAN) => {
    const { step } = await kept(gan).train({ dataset: train, outputDir: null })
    return { step, ...(await gan.evaluate(compared)) }
  }
  const scratch = await distanceOf(new DCGAN({ ...recipes.best, ...hparams }))
  const tuned = await distanceOf(await DCGAN.pretrained({ trainable: true, ...hparams }))
  expect([tuned.step, tuned.classifier]).toEqual([scratch.step, scratch.classifier])
  expect(tuned.frechetDistance).toBeLessThan(scratch.frechetDistance)
})
