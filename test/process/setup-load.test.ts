import fs from 'node:fs'
import path from 'node:path'
import { type Made, makeLibTorch, node } from '../setup/support'
import { temporary } from '../support/folder'
import { cachedLibTorch, compiledLibTorch, Package } from './setup-support'

// The package with an addon that opens libraries and does nothing else.
const made = new Package()
const libtorch = compiledLibTorch()

beforeAll(async () => {
  const { status, stderr } = await made.setup({ LIBTORCH: libtorch })
  if (status !== 0) throw new Error(stderr)
})

/** Opens the engine for training in a process of its own, or the one for sampling. */
function open(env: Record<string, string>, what: 'training' | 'sampling' = 'training'): Promise<Made> {
  const script = `
    try {
      const native = require('./dist/native/engines.js')
      const opened = native.${what}()
      process.stdout.write(JSON.stringify(native.libtorchInUse() ?? opened))
    } catch (error) {
      process.stdout.write(error.constructor.name + ' ' + error.code + ': ' + error.message)
    }`
  return node(
    ['-e', script],
    { PATH: '', HOME: made.home, LIBTORCH_DCGAN_HOME: made.home, ...env },
    made.root,
  )
}

test('the addon is opened with the LibTorch that is found', async () => {
  const { stdout } = await open({ LIBTORCH: libtorch })
  expect(JSON.parse(stdout)).toMatchObject({ folder: libtorch, version: '2.13.0', source: 'LIBTORCH' })
})

test('sampling opens the addon alone, and finds no LibTorch that is wrong', async () => {
  for (const LIBTORCH of ['', '/somewhere', libtorch]) {
    const { stdout } = await open({ LIBTORCH }, 'sampling')
    expect(JSON.parse(stdout)).toMatchObject({ name: 'native', engine: { compiledVersion: '2.13.0' } })
  }
})

test('the error without LibTorch has the command that fetches it', async () => {
  const { stdout } = await open({})
  expect(stdout).toMatch(
    /^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: LibTorch was not found.*npx libtorch-dcgan setup/,
  )
})

test('a wrong LIBTORCH is an error, and is not skipped', async () => {
  const { stdout } = await open({ LIBTORCH: '/somewhere' })
  expect(stdout).toMatch(
    /^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: LIBTORCH is \/somewhere.*npx libtorch-dcgan setup/,
  )
})

test('a LibTorch of the cache is opened as long as it is what set-up unpacked', async () => {
  const { folder, env } = await cachedLibTorch(libtorch)
  expect(JSON.parse((await open(env)).stdout)).toMatchObject({ folder, source: 'cache' })
  fs.appendFileSync(path.join(folder, 'lib', 'libtorch_cpu.so'), 'more')
  expect((await open(env)).stdout).toMatch(
    /^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: .*libtorch_cpu\.so is not as it was unpacked.*npx libtorch-dcgan setup --remove .* && npx libtorch-dcgan setup --from '.*'$/,
  )
})

test('a cache that every user may write to is an error with the ways out', async () => {
  const { folder, env } = await cachedLibTorch(libtorch)
  fs.chmodSync(folder, 0o777)
  const { stdout } = await open(env)
  expect(stdout).toMatch(/^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: Every user of this machine may write to/)
  expect(stdout).toContain(`export LIBTORCH='${folder}'`)
})

describe('a LibTorch of another minor version', () => {
  const other = makeLibTorch(path.join(temporary(), 'other'), '2.14.0')

  test('is refused with both versions and the ways out', async () => {
    const { stdout } = await open({ LIBTORCH: other })
    expect(stdout).toMatch(/^DcganError ERR_DCGAN_LIBTORCH_MISMATCH: /)
    for (const word of ['2.13.0', '2.14.0', other, 'npx libtorch-dcgan setup', 'unset'])
      expect(stdout).toContain(word)
  })

  test('is let through with LIBTORCH_BYPASS_VERSION_CHECK=1, to the loader and its words', async () => {
    const { stdout } = await open({ LIBTORCH: other, LIBTORCH_BYPASS_VERSION_CHECK: '1' })
    expect(stdout).toMatch(
      /^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: The training library and LibTorch 2\.14\.0 in .* could not be opened: /,
    )
    expect(stdout).toMatch(/libtorch\.so: (file too short|invalid ELF header)/)
  })

  test('of the same minor version is taken', async () => {
    const patch = compiledLibTorch('2.13.7')
    expect(JSON.parse((await open({ LIBTORCH: patch })).stdout).version).toBe('2.13.7')
  })
})

test('the error without an addon, or with a file that is no library, names the places and the command', async () => {
  const release = made.path('build', 'Release')
  const file = path.join(release, 'dcgan.node')
  const good = fs.readFileSync(file)
  fs.rmSync(file)
  const { stdout } = await open({ LIBTORCH: libtorch })
  expect(stdout).toMatch(
    /^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: .*build\/Release or prebuilds\/.*npx libtorch-dcgan setup/,
  )
  fs.writeFileSync(file, 'not a library')
  expect((await open({ LIBTORCH: libtorch })).stdout).toMatch(
    /^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: .*does not load here: .*dcgan\.node: .*(too short|ELF).*setup/,
  )
  fs.writeFileSync(file, good)
})

test.each(['dcgan.node', 'libdcgan_training.so'])(
  '%s cut short is an error, where loading it would kill the process',
  async name => {
    const file = made.path('build', 'Release', name)
    const good = fs.readFileSync(file)
    // A new file: the old one's pages may be in use.
    fs.rmSync(file)
    fs.writeFileSync(file, good.subarray(0, 4096))
    expect((await open({ LIBTORCH: libtorch })).stdout).toMatch(
      new RegExp(`^DcganError ERR_DCGAN_NATIVE_NOT_FOUND: .*${name} is damaged.*npx libtorch-dcgan setup`),
    )
    fs.rmSync(file)
    fs.writeFileSync(file, good)
  },
)

test('requiring the module opens nothing', async () => {
  const script =
    "require('./dist/native/libtorch.js'); process.stdout.write(Object.keys(require.cache).join())"
  const { stdout } = await node(['-e', script], { LIBTORCH: '/somewhere' }, made.root)
  expect(stdout).toContain('libtorch.js')
  expect(stdout).not.toContain('.node')
})
