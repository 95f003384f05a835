import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { temporary } from '../support/folder'
import { type Answer, App, FULL, libtorch, ROOT, SAMPLE, tarball } from './support'

// Minutes of compiling and downloading: `npm run check -- package`.
const full = FULL ? describe : describe.skip
jest.setTimeout(3_600_000)

full('with a compiler, or a network', () => {
  const everything = (app: App) => ({ PATH: `${app.bare}:${process.env.PATH}` })

  async function expectWorks(app: App, env: Record<string, string>): Promise<void> {
    app.write('sample.cjs', SAMPLE.cjs)
    const { status, stdout, stderr } = await app.node(['sample.cjs'], env)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const answer = JSON.parse(stdout) as Answer
    expect(answer).toMatchObject({ png: 'PNG', steps: 5 })
    expect(answer.losses.every(Number.isFinite)).toBe(true)
  }

  test('built from source, and after the folder was moved', async () => {
    const app = new App('from source')
    const env = { ...everything(app), LIBTORCH: libtorch.folder, LIBTORCH_DCGAN_BUILD_FROM_SOURCE: '1' }
    expect(await app.install(env)).toMatchObject({ status: 0 })
    const { status, stderr } = await app.npx(['setup'], env)
    expect(stderr).toMatch(/Built the addon in .*\nReady: LibTorch /)
    expect(status).toBe(0)
    expect(fs.existsSync(app.path('node_modules/libtorch-dcgan/build/Release/dcgan.node'))).toBe(true)
    await expectWorks(app, { LIBTORCH: libtorch.folder })
    const moved = path.join(path.dirname(app.folder), 'moved')
    fs.renameSync(app.folder, moved)
    app.folder = moved
    await expectWorks(app, { LIBTORCH: libtorch.folder })
  })

  test('by a newcomer: no lock file, no cache; train downloads LibTorch', async () => {
    const app = new App()
    fs.rmSync(app.path('package-lock.json'))
    expect(await app.install(everything(app))).toMatchObject({ status: 0 })
    const train = ['train', '--steps', '2', '--no-evaluate', '--json']
    const { status, stdout, stderr } = await app.npx(train, everything(app))
    expect(stderr).toMatch(/^This needs LibTorch[\s\S]*SHA-256 as pinned[\s\S]*Ready: LibTorch /)
    expect({ status, steps: JSON.parse(stdout).step }).toEqual({ status: 0, steps: 2 })
    await expectWorks(app, {})
  })

  test('npm pack makes all of it current first, and packs the same files', () => {
    const folder = temporary()
    const npm = ['pack', '--json', '--pack-destination', folder]
    const platform = `${process.platform}-${process.arch}`
    const env = { ...process.env, LIBTORCH: libtorch.folder, LIBTORCH_DCGAN_PLATFORMS: platform }
    const answer = execFileSync('npm', npm, {
      cwd: ROOT,
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const files = JSON.parse(answer.slice(answer.indexOf('['))) as [{ files: { path: string }[] }]
    expect(files[0].files.map(file => file.path).sort()).toEqual([...tarball().files].sort())
  })
})
