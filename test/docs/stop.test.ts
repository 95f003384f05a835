import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { ended } from '../support/ended.js'
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
  child.stdout.once('data', () => child.kill('SIGINT'))
  const { code, signal, stdout, stderr } = await ended(child)
  const stopped = expect.stringMatching(/stopped at step \d+\n$/)
  expect([code, signal, stdout + stderr]).toEqual([0, null, stopped])
  for (const name of ['checkpoint', 'digits']) expect(existsSync(app.path(`${name}.safetensors`))).toBe(true)
})
