import { App, tarball } from '../package/support'
import { ENV, expectNative, NATIVE, platforms, program, withTools, write } from './support'

jest.setTimeout(1_200_000)

const PORTABLE = `import { Generator } from 'libtorch-dcgan/portable'
const generator = await Generator.pretrained()
console.log((await generator.sample(2, { seed: 42, labels: 7 })).count)
await generator.dispose()
`

/** An application with packages that another manager than npm installs. */
function application(): App {
  const app = new App()
  write(app, {
    'package.json': JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module' }),
    'app.js': NATIVE,
    'portable.js': PORTABLE,
  })
  return app
}

platforms('a package manager', () => {
  test('pnpm', async () => {
    const app = application()
    const pnpm = await program('pnpm', 'bin/pnpm.mjs')
    // protobufjs, which onnxruntime-web needs, has an install script.
    write(app, { 'pnpm-workspace.yaml': 'strictDepBuilds: false\n' })
    const add = ['add', '--store-dir', app.path('.store'), tarball().tarball, 'onnxruntime-web']
    const { status, stdout, stderr } = await app.node([pnpm, ...add], { ...withTools(app), CI: '1' })
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
    expectNative(await app.node(['app.js'], ENV))
    expect(await app.node(['portable.js'])).toMatchObject({ status: 0, stdout: '2\n' })
  })

  test("Yarn with Plug'n'Play, without a folder node_modules", async () => {
    const app = application()
    const yarn = await program('@yarnpkg/cli-dist', 'bin/yarn.js')
    write(app, {
      'yarn.lock': '',
      '.yarnrc.yml':
        'nodeLinker: pnp\nenableScripts: false\nenableGlobalCache: false\nenableTelemetry: false\n',
    })
    const run = (...args: string[]) => app.node([yarn, ...args], { ...withTools(app), HOME: app.home })
    const { status, stdout } = await run('add', `libtorch-dcgan@file:${tarball().tarball}`, 'onnxruntime-web')
    expect({ status, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, stdout: '' })
    expectNative(await run('node', 'app.js'))
    expect(await run('node', 'portable.js')).toMatchObject({ status: 0, stdout: '2\n' })
  })
})
