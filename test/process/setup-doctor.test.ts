import fs from 'node:fs'
import path from 'node:path'
import { makeLibTorch } from '../setup/support'
import { temporary } from '../support/folder'
import { cachedLibTorch, compiledLibTorch, Package } from './setup-support'

interface Check {
  name: string
  status: string
  detail: string
  fix?: string
}

// A library that answers as the real one does, as far as doctor uses it.
const LIBRARY = `
exports.loadMnist = async ({ split } = {}) => {
  if (process.env.MNIST_DIR) throw Object.assign(new Error('no such file'), { code: 'ERR_DCGAN_BAD_DATASET' })
  return { count: split === 'test' ? 10000 : 60000 }
}
exports.DCGAN = class DCGAN {
  device = 'cpu'
  engine = 'native'
  constructor({ precision = 'float32' } = {}) {
    this.precision = precision === 'auto' ? 'float32' : precision
  }
  static async pretrained() { return new DCGAN() }
  async sample() { return { pixels: Uint8Array.from({ length: 256 }, (_, i) => i) } }
  async trainEpoch({ count }) { return { steps: count / 8 } }
  async dispose() {}
}
`

const made = new Package()
const libtorch = compiledLibTorch()
const good = { LIBTORCH: libtorch }

beforeAll(async () => {
  made.write('dist/index.js', LIBRARY)
  const { status, stderr } = await made.setup(good)
  if (status !== 0) throw new Error(stderr)
})

async function diagnose(
  env: Record<string, string>,
): Promise<{ status: number | null; checks: Record<string, Check> }> {
  const { status, stdout } = await made.cli('doctor', ['--json'], {
    LIBTORCH_DCGAN_HOME: made.home,
    ...env,
  })
  const report = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
  expect(report.ok).toBe(status === 0)
  return { status, checks: Object.fromEntries(report.checks.map(check => [check.name, check])) }
}

test('all is well on a good machine', async () => {
  const { status, checks } = await diagnose(good)
  expect(Object.values(checks).filter(check => check.status === 'failed')).toEqual([])
  expect(status).toBe(0)
  expect(checks['Node.js']?.detail).toBe(process.versions.node)
  expect(checks.LibTorch?.detail).toMatch(/^2\.13\.0 \(CPU\), named by LIBTORCH/)
  expect(checks.addon?.detail).toMatch(
    /built here, for LibTorch 2\.13\.0.* \(level avx512_bf16, 2 threads\)$/,
  )
  expect(checks['data set']?.detail).toMatch(/60000 training and 10000 test/)
  expect(checks.sampling?.detail).toMatch(/^16 digits in .* s, engine native$/)
  expect(checks.training?.detail).toMatch(
    /^2 steps on cpu in float32 in \d\.\d\d s; precision 'bfloat16' is slower than 'float32' here$/,
  )
})

test('no LibTorch is a note: models sample without it', async () => {
  const { status, checks } = await diagnose({})
  expect(status).toBe(0)
  expect(checks.LibTorch).toMatchObject({
    status: 'note',
    detail: expect.stringContaining('need it to train'),
    fix: 'npx libtorch-dcgan setup',
  })
  expect(checks.addon?.status).toBe('ok')
  expect(checks.sampling?.status).toBe('ok')
  expect(checks.training).toMatchObject({ status: 'skipped', detail: 'not tried: there is no LibTorch' })
})

test('a LibTorch of the cache that was changed, although its size and time are as they were', async () => {
  const { folder, env } = await cachedLibTorch(libtorch)
  expect((await diagnose(env)).checks.LibTorch?.status).toBe('ok')
  const library = path.join(folder, 'lib', 'libc10.so')
  const { atimeMs, mtimeMs } = fs.statSync(library)
  const bytes = fs.readFileSync(library)
  bytes[bytes.length - 1] = Number(bytes.at(-1)) ^ 1
  fs.writeFileSync(library, bytes)
  fs.utimesSync(library, atimeMs / 1000, mtimeMs / 1000)
  const { status, checks } = await diagnose(env)
  expect(status).toBe(1)
  expect(checks.LibTorch).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining(`${library} is not as it was unpacked`),
    fix: expect.stringMatching(/^npx libtorch-dcgan setup --remove .* && npx libtorch-dcgan setup --from '/),
  })
})

test('a LibTorch of the cache that a group may change is noted', async () => {
  const { folder, env } = await cachedLibTorch(libtorch)
  fs.chmodSync(folder, 0o775)
  expect((await diagnose(env)).checks.LibTorch).toMatchObject({
    status: 'note',
    detail: expect.stringContaining(`the group of ${folder} may write to it`),
    fix: expect.stringMatching(/^chmod -R g-w/),
  })
})

test('a LIBTORCH that is none', async () => {
  const { checks } = await diagnose({ LIBTORCH: '/somewhere' })
  expect(checks.LibTorch).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/\/somewhere does not exist/),
    fix: expect.stringMatching(/unset/),
  })
})

test('a LibTorch of another version', async () => {
  const { status, checks } = await diagnose({ LIBTORCH: makeLibTorch(path.join(temporary(), 'x'), '2.9.1') })
  expect(status).toBe(1)
  expect(checks.LibTorch?.status).toBe('ok')
  expect(checks.addon).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/for LibTorch 2\.13\.0.*but LibTorch is 2\.9\.1/),
    fix: 'npx libtorch-dcgan setup',
  })
})

test('a LibTorch that does not load', async () => {
  const { checks } = await diagnose({ LIBTORCH: makeLibTorch(path.join(temporary(), 'x'), '2.13.0') })
  expect(checks.addon).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/does not load LibTorch: .*libtorch\.so: (file too short|invalid ELF)/),
    fix: expect.stringMatching(/intact LibTorch/),
  })
})

test('an addon that is broken, and one that is missing', async () => {
  const file = made.path('build', 'Release', 'dcgan.node')
  const intact = fs.readFileSync(file)
  fs.rmSync(file)
  fs.writeFileSync(file, 'broken')
  expect((await diagnose(good)).checks.addon).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/does not load: .*(too short|ELF)/),
    fix: 'npx libtorch-dcgan setup --rebuild',
  })
  fs.rmSync(file)
  expect((await diagnose(good)).checks.addon).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/None for .* in build\/Release or prebuilds/),
    fix: 'npx libtorch-dcgan setup',
  })
  fs.writeFileSync(file, intact)
})

test('a training library that is missing, or cut short', async () => {
  const file = made.path('build', 'Release', 'libdcgan_training.so')
  const intact = fs.readFileSync(file)
  for (const corrupt of [() => fs.rmSync(file), () => fs.writeFileSync(file, intact.subarray(0, 2000))]) {
    corrupt()
    const { status, checks } = await diagnose(good)
    expect(status).toBe(1)
    expect(checks.addon).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/libdcgan_training\.so(: cannot open| is cut short)/),
      fix: 'npx libtorch-dcgan setup --rebuild',
    })
    expect(checks.sampling?.status).toBe('ok')
    expect(checks.training?.status).toBe('skipped')
  }
  fs.writeFileSync(file, intact)
})

describe('the addon that the package ships', () => {
  const prebuilt = made.path('prebuilds', `${process.platform}-${process.arch}`)
  const bare = temporary()

  beforeAll(() => {
    fs.cpSync(made.path('build', 'Release'), prebuilt, { recursive: true })
    fs.renameSync(made.path('build'), made.path('built'))
  })
  afterAll(() => {
    fs.rmSync(made.path('prebuilds'), { recursive: true })
    fs.renameSync(made.path('built'), made.path('build'))
  })

  test('needs no compiler, with LibTorch and before it is there', async () => {
    const working = await diagnose({ ...good, PATH: bare })
    expect(working.status).toBe(0)
    expect(working.checks.addon?.detail).toMatch(/^prebuilt, for LibTorch 2\.13\.0/)
    const { status, checks } = await diagnose({ PATH: bare })
    expect(status).toBe(0)
    expect(checks.CMake).toMatchObject({
      status: 'note',
      detail: expect.stringMatching(/Nothing has to be built/),
    })
  })

  test.each(['dcgan.node', 'libdcgan_training.so'])(
    '%s cut short: the package is installed again',
    async name => {
      const file = path.join(prebuilt, name)
      const intact = fs.readFileSync(file)
      fs.writeFileSync(`${file}.new`, intact.subarray(0, 2000))
      fs.renameSync(`${file}.new`, file)
      const { status, checks } = await diagnose(good)
      expect(status).toBe(1)
      expect(checks.addon).toMatchObject({
        status: 'failed',
        detail: expect.stringMatching(new RegExp(`${name} is cut short`)),
        fix: expect.stringMatching(/^rm -r .* && npm install$/),
      })
      fs.writeFileSync(file, intact)
    },
  )
})

test('no compiler is a note while the addon works, and a failure when it does not', async () => {
  const bare = temporary()
  const working = await diagnose({ ...good, PATH: bare })
  expect(working.status).toBe(0)
  for (const name of ['CMake', 'compiler', 'make']) {
    expect(working.checks[name]).toMatchObject({ status: 'note', fix: expect.stringMatching(/\S/) })
  }
  fs.renameSync(made.path('build'), made.path('built'))
  const { checks } = await diagnose({ PATH: bare })
  fs.renameSync(made.path('built'), made.path('build'))
  for (const name of ['CMake', 'compiler', 'make']) expect(checks[name]?.status).toBe('failed')
})

test('a data set that cannot be read', async () => {
  const { status, checks } = await diagnose({ ...good, MNIST_DIR: '/somewhere' })
  expect(status).toBe(1)
  expect(checks['data set']).toMatchObject({
    status: 'failed',
    detail: 'ERR_DCGAN_BAD_DATASET: no such file',
    fix: expect.stringMatching(/MNIST_DIR/),
  })
})

test('a library that is not compiled', async () => {
  fs.renameSync(made.path('dist', 'index.js'), made.path('dist', 'away.js'))
  const { checks } = await diagnose(good)
  fs.renameSync(made.path('dist', 'away.js'), made.path('dist', 'index.js'))
  expect(checks.sampling).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/not compiled/),
    fix: 'npx libtorch-dcgan setup',
  })
})

test('in words: each check with its remedy beneath, without colours in a file', async () => {
  const env = { LIBTORCH_DCGAN_HOME: made.home, LIBTORCH: '/somewhere' }
  const { stdout, status } = await made.cli('doctor', [], env)
  expect(status).toBe(1)
  expect(stdout).toMatch(/^libtorch-dcgan \d/)
  expect(stdout).toMatch(/\nfailed {3}LibTorch {4}LIBTORCH is \/somewhere.*\n +→ Set LIBTORCH .*\n/)
  expect(stdout).toMatch(/\n\nNot ready\. Begin with: Set LIBTORCH .*\n$/)
  expect(stdout).not.toContain('\x1b')
})

test('--help, and a wrong flag', async () => {
  expect(await made.cli('doctor', ['--help'], {})).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/--json/),
  })
  expect(await made.cli('doctor', ['--nonsense'], {})).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/--nonsense/),
  })
})
