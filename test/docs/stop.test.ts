import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { App, writeDigits } from './app.js'
import { documents } from './documents.js'
import { blocksOf } from './markdown.js'

const app = new App()
afterAll(() => app.remove())

test('Ctrl-C in the training guide stops the run, and the model is saved', async () => {
  const text = documents().find(({ name }) => name === 'docs/training.md')?.text ?? ''
  const page = blocksOf(text).find(({ code }) => code.includes('SIGINT'))?.code as string
  app.write('page.mts', page)
  expect(app.compile(['page.mts'])).toEqual([])
  const data = app.path('many')
  writeDigits(data, 20_000)
  const env = { ...process.env, MNIST_DIR: data, NODE_NO_WARNINGS: '1' }
  const child = spawn(process.execPath, [app.path('page.mjs')], { cwd: app.folder, env })
  let output = ''
  child.stdout.on('data', chunk => {
    if (output === '') child.kill('SIGINT')
    output += chunk
  })
  child.stderr.on('data', chunk => {
    output += chunk
  })
  expect([...(await once(child, 'close')), output]).toEqual([
    0,
    null,
    expect.stringMatching(/stopped at step \d+\n$/),
  ])
  for (const name of ['checkpoint', 'digits']) expect(existsSync(app.path(`${name}.safetensors`))).toBe(true)
})
