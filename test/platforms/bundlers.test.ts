import type { App } from '../package/support'
import { appWith, bin, ENV, NATIVE, platforms, write } from './support'

jest.setTimeout(1_200_000)

const FORGOTTEN = `const { DCGAN } = require('libtorch-dcgan')
const tell = ({ code, message }) => console.log(code, message)
DCGAN.pretrained().catch(tell)
try { new DCGAN() } catch (error) { tell(error) }
`

platforms('a bundler for servers', () => {
  let app: App
  beforeAll(async () => {
    app = await appWith('esbuild', 'vite', 'rollup')
    write(app, {
      'app.js': NATIVE,
      'forgotten.cjs': FORGOTTEN,
      'vite.config.js': `export default { build: { ssr: 'app.js', outDir: 'vite' } }`,
    })
  })

  async function expectWorks(file: string): Promise<void> {
    expect(await app.node([file], ENV)).toMatchObject({ status: 0, stdout: '2\n', stderr: '' })
  }

  test('esbuild leaves the package out', async () => {
    const flags = ['--bundle', '--platform=node', '--format=esm', '--external:libtorch-dcgan']
    expect(await bin(app, 'esbuild', 'app.js', ...flags, '--outfile=esbuild/app.js')).toMatchObject({
      status: 0,
    })
    await expectWorks('esbuild/app.js')
  })

  test('esbuild that was not told: the error names the line to add', async () => {
    const flags = ['--bundle', '--platform=node', '--outfile=forgotten/app.cjs']
    expect(await bin(app, 'esbuild', 'forgotten.cjs', ...flags)).toMatchObject({ status: 0 })
    const { stdout } = await app.node(['forgotten/app.cjs'], ENV)
    const line = /^ERR_DCGAN_NATIVE_NOT_FOUND libtorch-dcgan was bundled.*--external:libtorch-dcgan/
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(line), expect.stringMatching(line)])
  })

  test('Vite leaves the package out by itself', async () => {
    expect(await bin(app, 'vite', 'build')).toMatchObject({ status: 0 })
    await expectWorks('vite/app.js')
  })

  test('Rollup leaves the package out', async () => {
    const flags = ['--external', 'libtorch-dcgan', '-o', 'rollup/app.js']
    expect(await bin(app, 'rollup', 'app.js', ...flags)).toMatchObject({ status: 0 })
    await expectWorks('rollup/app.js')
  })
})
