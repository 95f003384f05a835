import type { App } from '../package/support'
import { appWith, bin, ENV, expectNative, NATIVE, platforms, write } from './support'

jest.setTimeout(1_200_000)

const PRINT = `const print = ({ code, message }) => console.log(code, message)
DCGAN.pretrained().catch(print)
try { new DCGAN() } catch (error) { print(error) }
`
const ROLLUP = `import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import resolve from '@rollup/plugin-node-resolve'
const plugins = [resolve({ preferBuiltins: true }), commonjs(), json()]
`
const ADVICE =
  /libtorch-dcgan was bundled.*--external:libtorch-dcgan.*external: \['libtorch-dcgan'\] in Rollup.*in Vite/

platforms('a bundler for servers', () => {
  let app: App
  beforeAll(async () => {
    const plugins = ['commonjs', 'json', 'node-resolve'].map(name => `@rollup/plugin-${name}`)
    app = await appWith('esbuild', 'vite', 'rollup', ...plugins)
    write(app, { 'app.js': NATIVE })
  })

  async function build(name: string, ...args: string[]): Promise<void> {
    const { status, stderr } = await bin(app, name, ...args)
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  }

  async function expectWorks(file: string): Promise<void> {
    expectNative(await app.node([file], ENV))
  }

  /** Fails at the import, in the package's words. */
  async function expectAdvice(file: string): Promise<void> {
    const { status, stderr } = await app.node([file], ENV)
    expect([status, stderr]).toEqual([1, expect.stringMatching(ADVICE)])
    expect(stderr).toContain("code: 'ERR_DCGAN_NATIVE_NOT_FOUND'")
  }

  const ESBUILD = ['--bundle', '--platform=node']

  test('esbuild leaves the package out', async () => {
    const flags = ['--format=esm', '--external:libtorch-dcgan', '--outfile=esbuild/app.js']
    await build('esbuild', 'app.js', ...ESBUILD, ...flags)
    await expectWorks('esbuild/app.js')
  })

  test.each([
    ['require', `const { DCGAN } = require('libtorch-dcgan')\n`],
    ['import', `import { DCGAN } from 'libtorch-dcgan'\n`],
  ])(
    'esbuild without the setting, to CommonJS from %s: the error names the line to add',
    async (_, first) => {
      write(app, { 'forgotten.js': first + PRINT })
      await build('esbuild', 'forgotten.js', ...ESBUILD, '--format=cjs', '--outfile=forgotten/app.cjs')
      const { stdout } = await app.node(['forgotten/app.cjs'], ENV)
      const line = new RegExp(`^ERR_DCGAN_NATIVE_NOT_FOUND ${ADVICE.source}`)
      expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(line), expect.stringMatching(line)])
    },
  )

  test('esbuild without the setting, to ES modules: the error names the line to add', async () => {
    await build('esbuild', 'app.js', ...ESBUILD, '--format=esm', '--outfile=forgotten/app.js')
    await expectAdvice('forgotten/app.js')
  })

  test('Vite leaves the package out by itself', async () => {
    write(app, { 'vite.config.js': `export default { build: { ssr: 'app.js', outDir: 'vite' } }` })
    await build('vite', 'build')
    await expectWorks('vite/app.js')
  })

  test('Vite with all packages in the bundle: the error names the line to add', async () => {
    const settings = `{ build: { ssr: 'app.js', outDir: 'vite-all' }, ssr: { noExternal: true } }`
    write(app, { 'vite.config.js': `export default ${settings}` })
    await build('vite', 'build')
    await expectAdvice('vite-all/app.js')
  })

  test('Rollup leaves the package out', async () => {
    const settings = `{ input: 'app.js', external: ['libtorch-dcgan'], plugins, output: { dir: 'rollup' } }`
    write(app, { 'rollup.config.js': `${ROLLUP}export default ${settings}` })
    await build('rollup', '-c')
    await expectWorks('rollup/app.js')
  })

  test('Rollup without the setting: the error names the line to add', async () => {
    write(app, {
      'rollup.config.js': `${ROLLUP}export default { input: 'app.js', plugins, output: { dir: 'rollup-all' } }`,
    })
    await build('rollup', '-c')
    await expectAdvice('rollup-all/app.js')
  })
})
