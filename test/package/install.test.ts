import fs from 'node:fs'
import path from 'node:path'
import { type Answer, App, libtorch, ROOT, SAMPLE } from './support'

// npm writes 100 MB in 10,000 files: a busy machine takes minutes.
jest.setTimeout(600_000)

// The prebuilt addon is for the CPU's LibTorch.
const cpu = libtorch.cuda ? describe.skip : describe

/** The answer of the first program: weights, seeds and data are the same, and so must be every other answer. */
let first: Answer | undefined

function expectSame(ended: { status: number | null; stdout: string; stderr: string }): void {
  expect(ended).toMatchObject({ status: 0, stderr: '' })
  const answer = JSON.parse(ended.stdout) as Answer
  first ??= answer
  expect(answer).toMatchObject({ png: 'PNG', steps: 5 })
  expect(answer.losses.every(Number.isFinite)).toBe(true)
  expect(answer).toEqual(first)
}

cpu('installed with a LibTorch that LIBTORCH names, with no compiler and no CMake', () => {
  const app = new App()

  beforeAll(async () => {
    const { status, stdout, stderr } = await app.install({})
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
  })

  test('uses the prebuilt addon', () => {
    expect(fs.existsSync(app.path('node_modules', 'libtorch-dcgan', 'build'))).toBe(false)
  })

  test('ESM and CommonJS', async () => {
    app.write('sample.mjs', SAMPLE.esm)
    app.write('sample.cjs', SAMPLE.cjs)
    const env = { LIBTORCH: libtorch.folder }
    expectSame(await app.node(['sample.mjs'], env))
    expectSame(await app.node(['sample.cjs'], env))
  })

  test('TypeScript, by every way of resolving modules, libraries checked', async () => {
    fs.mkdirSync(app.path('node_modules', '@types'), { recursive: true })
    fs.rmSync(app.path('node_modules', '@types', 'node'), { recursive: true, force: true })
    fs.symlinkSync(
      path.join(ROOT, 'node_modules', '@types', 'node'),
      app.path('node_modules', '@types', 'node'),
    )
    for (const name of ['a.mts', 'b.cts', 'c.ts']) app.write(`src/${name}`, SAMPLE.ts)
    const common = {
      target: 'es2022',
      strict: true,
      skipLibCheck: false,
      types: ['node'],
      lib: ['es2023', 'esnext.disposable'],
    }
    const settings = {
      node16: { module: 'node16', moduleResolution: 'node16', outDir: 'out' },
      bundler: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
    }
    for (const [name, options] of Object.entries(settings)) {
      app.write(
        `tsconfig.${name}.json`,
        JSON.stringify({ compilerOptions: { ...common, ...options, rootDir: 'src' }, include: ['src'] }),
      )
      const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
      expect(await app.node([tsc, '-p', `tsconfig.${name}.json`])).toEqual({
        status: 0,
        stdout: '',
        stderr: '',
      })
    }
    expectSame(await app.node(['out/a.mjs'], { LIBTORCH: libtorch.folder }))
  })

  test('after the folder was moved', async () => {
    const moved = path.join(path.dirname(app.folder), 'moved to ünder a blank')
    fs.renameSync(app.folder, moved)
    app.folder = moved
    expectSame(await app.node(['sample.cjs'], { LIBTORCH: libtorch.folder }))
  })
})

cpu('installed without scripts, and with no LibTorch', () => {
  const app = new App('ohne Skripte')

  beforeAll(async () => {
    const { status, stderr } = await app.install({}, '--ignore-scripts')
    expect(stderr).not.toMatch(/libtorch-dcgan/)
    expect(status).toBe(0)
    app.write('sample.cjs', SAMPLE.cjs)
  })

  test("README's first example writes its picture", async () => {
    const [, example = ''] =
      /```ts\n([\s\S]*?)```/.exec(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')) ?? []
    expect(example).toContain('saveGrid(')
    app.write('example.mjs', example)
    expect(await app.node(['example.mjs'])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(fs.readFileSync(app.path('sevens.png')).subarray(1, 4).toString()).toBe('PNG')
    const cli = await app.npx(['sample', '--count', '4', '--json'])
    expect(cli).toMatchObject({ status: 0, stderr: '' })
  })

  test('new DCGAN() says what to run', async () => {
    app.write(
      'use.mjs',
      `import { DCGAN, DcganError } from 'libtorch-dcgan'
       try { new DCGAN() } catch (error) { console.log(error instanceof DcganError, error.code, error.message) }`,
    )
    const { stdout } = await app.node(['use.mjs'])
    expect(stdout).toMatch(
      /^true ERR_DCGAN_NATIVE_NOT_FOUND LibTorch was not found.*"npx libtorch-dcgan setup"/,
    )
  })

  test('works after npx libtorch-dcgan setup', async () => {
    const env = { LIBTORCH: libtorch.folder }
    const setup = await app.npx(['setup'], env)
    expect(setup.stderr).toMatch(/Ready: LibTorch /)
    expect(setup.status).toBe(0)
    expectSame(await app.node(['sample.cjs'], env))
    const doctor = await app.npx(['doctor', '--json'], env)
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true })
  })

  test('a LibTorch of another minor version is refused, with both versions and the way out', async () => {
    const other = path.join(app.home, 'other')
    fs.mkdirSync(other)
    fs.symlinkSync(path.join(libtorch.folder, 'lib'), path.join(other, 'lib'))
    fs.mkdirSync(path.join(other, 'include/torch/headeronly'), { recursive: true })
    const numbers = ['MAJOR 2', 'MINOR 99', 'PATCH 1'].map(words => `#define TORCH_VERSION_${words}\n`)
    fs.writeFileSync(path.join(other, 'include/torch/headeronly/version.h'), numbers.join(''))
    const { stdout } = await app.node(['use.mjs'], { LIBTORCH: other })
    expect(stdout).toMatch(/^true ERR_DCGAN_LIBTORCH_MISMATCH /)
    for (const word of [libtorch.version, '2.99.1', 'npx libtorch-dcgan setup'])
      expect(stdout).toContain(word)
    // There is no compiler to build one with: said, with the command that gets it.
    const setup = await app.npx(['setup'], { LIBTORCH: other })
    expect(setup.status).toBe(1)
    expect(setup.stderr).toMatch(
      /prebuilt addon is for LibTorch .*2\.99\.1.*\n[\s\S]*CMake is missing.*\n {2}\S/,
    )
    const doctor = await app.npx(['doctor'], { LIBTORCH: other })
    expect(doctor.status).toBe(1)
    expect(doctor.stdout).toMatch(/failed +addon .*but LibTorch is 2\.99\.1[\s\S]*→ npx libtorch-dcgan setup/)
  })
})
