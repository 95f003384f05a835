import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadImages } from '../../lib/index.js'
import { App } from '../docs/app.js'
import { ROOT } from '../docs/documents.js'
import { decodeGif, decodePng } from '../images/decoders.js'

// Each runs from the clone, as examples/README.md says, in a folder of its own; the one in TypeScript, which
// Node 20 does not run, as an application would compile it.

const app = new App()
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  app.remove()
})

const example = (name: string) => join(ROOT, 'examples', name)

interface Running {
  child: ChildProcess
  /** Returns its output so far. */
  said: () => string
  /** Its exit code. */
  end: Promise<number | null>
}

function start(file: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: app.folder,
    env: { ...process.env, MNIST_DIR: app.data, PORT: '0', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', more => (text += more))
  return { child, said: () => text, end: once(child, 'close').then(([code]) => code) }
}

async function run(file: string, ...args: string[]): Promise<string> {
  const { said, end } = start(file, ...args)
  const code = await end
  expect([code, said()]).toEqual([0, said()])
  return said()
}

const png = (name: string) => decodePng(readFileSync(app.path(name)))

test('sample.mjs writes sixteen digits of a seed, the same every time', async () => {
  expect(await run(example('sample.mjs'), '7')).toBe('digits.png: 16 digits of seed 7\n')
  const first = png('digits.png')
  expect(first).toMatchObject({ width: 448, height: 448, grey: true })
  await run(example('sample.mjs'), '7')
  expect(png('digits.png').levels).toEqual(first.levels)
})

test('sample.cjs writes a file a digit', async () => {
  await run(example('sample.cjs'), '3')
  const files = readdirSync(app.folder).filter(name => name.startsWith('digit-'))
  expect(files.sort()).toEqual(['digit-0.png', 'digit-1.png', 'digit-2.png'])
  for (const file of files) expect(png(file)).toMatchObject({ width: 28, height: 28 })
})

test('sample.mts passes the type check and writes the GIF of a morph', async () => {
  cpSync(example('sample.mts'), app.path('sample.mts'))
  expect(app.compile(['sample.mts'])).toEqual([])
  await run(app.path('sample.mjs'), '1', '2')
  expect(decodeGif(readFileSync(app.path('morph.gif')))).toMatchObject({ width: 168, frames: { length: 24 } })
})

test('worker.mjs draws a hundred digits', async () => {
  await run(example('worker.mjs'), '5')
  expect(png('hundred.png')).toMatchObject({ width: 1120, height: 1120 })
})

test('dataset.mjs writes labelled digits that loadImages() reads', async () => {
  expect(await run(example('dataset.mjs'), '40', app.path('set'))).toContain('np.load')
  const { count, labels } = await loadImages(app.path('set'))
  expect([count, labels.filter(label => label === 3).length]).toEqual([40, 4])
})

test('train.mjs trains, and continues after a stop', async () => {
  expect(await run(example('train.mjs'), '1')).toMatch(
    /step 1\/1: .*\ndigits\.safetensors is trained; output\S+\n/,
  )
  expect(await run(example('train.mjs'), '2', app.data)).toContain('step 2/2: ')
  for (const name of ['output/output.gif', 'checkpoint.safetensors', 'digits.safetensors']) {
    expect([name, existsSync(app.path(name))]).toEqual([name, true])
  }
})

test('serve.mjs answers with digits, refuses what it should, and ends on SIGTERM', async () => {
  const { child, said, end } = start(example('serve.mjs'))
  while (!said().includes('http://')) await once(child.stdout as NodeJS.ReadableStream, 'data')
  const address = said().trim()
  const pages = await Promise.all(
    ['?seed=7&count=4', '?seed=-1', '?count=65', ''].map(query =>
      fetch(`${address}/${query}`, { headers: { connection: 'close' } }),
    ),
  )
  expect(pages.map(({ status }) => status)).toEqual([200, 400, 400, 200])
  const picture = decodePng(Buffer.from(await (pages[0] as Response).arrayBuffer()))
  expect(picture).toMatchObject({ width: 224, height: 224 })
  child.kill('SIGTERM')
  expect(await end).toBe(0)
})
