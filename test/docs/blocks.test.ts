import { execFileSync } from 'node:child_process'
import { cpSync, linkSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App } from './app.js'
import { ROOT } from './documents.js'
import { Plan, placedBlocks } from './plan.js'

// Every block of code in the documents is run; CONTRIBUTING.md says how one is marked that cannot be as it stands.
// The blocks of a document run in order and in one folder, as its reader would run them, and MNIST is 16 images.

const STOCK = `
const { DCGAN, ImageBatch } = require('libtorch-dcgan')
const fs = require('node:fs')
async function main() {
  const gan = new DCGAN({ seed: 1, epochs: 1 })
  await gan.train({ checkpoint: { path: 'checkpoint.safetensors' } })
  await gan.save('digits.safetensors', { only: 'generator' })
  fs.writeFileSync('latents.f32', new Float32Array(200).fill(0.5))
  const digits = await gan.sample(4)
  fs.mkdirSync('pictures')
  for (let i = 0; i < digits.count; i++) {
    const picture = await new ImageBatch(digits.image(i)).grid({ scale: 2 })
    fs.writeFileSync('pictures/' + i + '.png', picture)
  }
  await gan.dispose()
}
main()`

const blocks = placedBlocks()
const app = new App()
const failures = new Map<string, string>()
let plan: Plan

beforeAll(() => {
  plan = new Plan(app, blocks)
  const env = { ...process.env, MNIST_DIR: app.data, NODE_NO_WARNINGS: '1' }
  const node = (...args: string[]) =>
    execFileSync(process.execPath, args, {
      cwd: app.folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 540_000,
    })

  // The documents need a trained model, and the files of its training.
  node('-e', STOCK)
  node(join(ROOT, 'test/docs/letters.mjs'), app.path('letters'), '3')
  for (const folder of new Set(plan.jobs.map(job => job.folder))) {
    mkdirSync(folder, { recursive: true })
    for (const name of ['checkpoint.safetensors', 'digits.safetensors', 'latents.f32']) {
      linkSync(app.path(name), join(folder, name))
    }
    for (const name of ['output', 'pictures', 'letters'])
      cpSync(app.path(name), join(folder, name), { recursive: true })
    for (const name of ['fashion', 'emnist']) cpSync(app.data, join(folder, name), { recursive: true })
  }

  const results = app.path('results.json')
  node(join(ROOT, 'test/docs/run-jobs.mjs'), app.write('jobs.json', JSON.stringify(plan.jobs)), results)
  for (const { id, error } of JSON.parse(readFileSync(results, 'utf8'))) {
    if (error !== undefined && !failures.has(id)) failures.set(id, error)
  }
}, 600_000)

afterAll(() => app.remove())

for (const { id, skip } of blocks) {
  if (skip !== undefined) test.skip(`${id} is not run: ${skip}`, () => {})
  else
    test(id, () => {
      expect(plan.faults.get(id)).toBeUndefined()
      expect(failures.get(plan.ownerOf(id))).toBeUndefined()
    })
}
