import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { linksOf } from '../docs/markdown'
import { temporary } from '../support/folder'
import { ROOT, tarball } from './support'

const { faultsOf } = require('../../tools/binary.js')
const run = promisify(execFile)

test('is small, and holds what a user needs and nothing else', () => {
  const { files, size } = tarball()
  expect(size).toBeLessThan(7e6)
  for (const name of [
    'LICENSE',
    'SECURITY.md',
    'THIRD-PARTY.md',
    'dist/index.js',
    'dist/index.mjs',
    'dist/index.d.ts',
    'dist/index.d.mts',
    'dist/cli/index.js',
    'binding/addon/addon.cc',
    'cmake/LibTorch.cmake',
    'CMakeLists.txt',
    'dist/setup/setup.js',
    'weights/mnist.safetensors',
    `prebuilds/${process.platform}-${process.arch}/dcgan.node`,
    `prebuilds/${process.platform}-${process.arch}/libdcgan_training.so`,
  ]) {
    expect(files).toContain(name)
  }
  const folders = new Set(files.map(name => (name.includes('/') ? name.split('/')[0] : '.')))
  expect([...folders].sort()).toEqual(
    '. bench binding cmake dist docs examples lib prebuilds quality tools weights'.split(' ').sort(),
  )
  expect(
    files.filter(name => /^tools\/(?!prepare\.js$)|\.test\.|^tsconfig|^build|node_modules/.test(name)),
  ).toEqual([])
})

test('every link and picture of its documents leads to a file that it holds', () => {
  const files = new Set(tarball().files)
  const holds = (file: string) => files.has(file) || [...files].some(name => name.startsWith(`${file}/`))
  const documents = [...files].filter(name => name.endsWith('.md'))
  expect(documents).toContain('docs/deploying.md')
  const missing = documents.flatMap(name =>
    linksOf(fs.readFileSync(path.join(ROOT, name), 'utf8'))
      .map(({ target }) => target.split('#')[0] as string)
      .filter(target => target !== '' && !/^[a-z]+:/.test(target))
      .filter(target => !holds(path.join(path.dirname(name), target).replace(/\/$/, '')))
      .map(target => `${name} → ${target}`),
  )
  expect(missing).toEqual([])
})

test('its scripts and compiled files name no file that it does not hold', async () => {
  const folder = temporary()
  await run('tar', ['-xzf', tarball().tarball, '-C', folder])
  const root = path.join(folder, 'package')
  const missing: string[] = []
  for (const name of tarball().files) {
    const file = path.join(root, name)
    const text = fs.readFileSync(file, 'utf8')
    if (/\.m?js$/.test(name)) {
      for (const [, wanted = ''] of text.matchAll(/\brequire\(["'](\.[^"']+)["']\)/g)) {
        const target = path.resolve(path.dirname(file), wanted)
        if (!fs.existsSync(target) && !wanted.startsWith('../tools/')) missing.push(`${name} → ${wanted}`)
      }
    }
    if (name.endsWith('.map')) {
      for (const source of JSON.parse(text).sources) {
        if (!fs.existsSync(path.resolve(path.dirname(file), source))) missing.push(`${name} → ${source}`)
      }
    }
  }
  expect(missing).toEqual([])
})

test('npm install in its folder compiles nothing, as it holds no sources of the tools', async () => {
  const folder = temporary()
  await run('tar', ['-xzf', tarball().tarball, '-C', folder])
  const root = path.join(folder, 'package')
  const { prepare } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).scripts
  expect(await run('npm', ['run', '--silent', 'prepare'], { cwd: root })).toEqual({ stdout: '', stderr: '' })
  expect(tarball().files).toContain(prepare.split(' ')[1])
})

test('the prebuilt addon carries no path of this machine, and needs nothing newer than LibTorch does', async () => {
  const folder = temporary()
  await run('tar', ['-xzf', tarball().tarball, '-C', folder])
  const prebuilt = path.join(folder, 'package', 'prebuilds', `${process.platform}-${process.arch}`)
  const faults = ['dcgan.node', 'libdcgan_training.so'].map(name =>
    faultsOf(path.join(prebuilt, name), { libtorch: name !== 'dcgan.node' }),
  )
  expect(faults.flat()).toEqual([])
  const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  const { MIN_GLIBC } = require('../../lib/internal/platform.js')
  expect(/glibc (\d+\.\d+) or newer/.exec(readme)?.[1]).toBe(MIN_GLIBC)
  // The check itself finds what it looks for: the system's Node.js is built for one place.
  expect(faultsOf(process.execPath, { libtorch: false }).length).toBeGreaterThan(0)
})

test('exports and types are what every importer expects (publint, are-the-types-wrong)', async () => {
  const program = (name: string) => path.join(ROOT, 'node_modules', '.bin', name)
  await run(program('publint'), ['run', tarball().tarball, '--strict'])
  // Node.js before 12 knew no entry points of a package but the main one. Browsers take ES modules alone.
  await run(program('attw'), [
    tarball().tarball,
    '--profile',
    'node16',
    '--exclude-entrypoints',
    './portable/browser',
  ])
})
