import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { findLibTorch as find, type LibTorchInfo } from '../../lib/setup/find.js'
import { temporary, write } from '../support/folder'
import { environment } from './fetch-support'
import { makeLibTorch, problem, setVariables, versionHeader } from './support'

let home: string
beforeEach(() => {
  home = temporary()
})

/** A cache entry, as set-up leaves it. */
function cached(name: string, version: string, { date = '2026-01-01', cuda = false } = {}) {
  const place = path.join(home, 'cache', name)
  makeLibTorch(path.join(place, 'torch'), version, { cuda })
  const record = {
    folder: 'torch',
    version,
    cuda,
    from: 'test',
    sha256: '',
    date,
    contents: { libraries: {} },
  }
  fs.writeFileSync(path.join(place, 'libtorch.json'), JSON.stringify(record))
  return path.join(place, 'torch')
}

/** A Python with torch in its site-packages, as far as finding it goes. */
function python(folder: string, torch: string | undefined): string {
  fs.mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'python3')
  fs.writeFileSync(file, `#!/bin/sh\necho '${torch ?? ''}'\n`, { mode: 0o755 })
  return file
}

const env = (more: Record<string, string> = {}) => environment(home, more)

function findLibTorch(variables: Record<string, string>, prefer?: string[]) {
  setVariables(variables)
  return find(prefer) as LibTorchInfo
}

const NEW_HEADER = 'include/torch/headeronly/version.h'
const OLD_HEADER = 'include/torch/csrc/api/include/torch/version.h'

describe('LIBTORCH', () => {
  test('comes before PyTorch and the cache, and is described', () => {
    cached('2.13.0-cpu', '2.13.0')
    python(path.join(home, 'bin'), makeLibTorch(path.join(home, 'python', 'torch'), '2.12.0'))
    const folder = makeLibTorch(path.join(home, 'own'), '2.14.1', { cuda: true })
    expect(findLibTorch(env({ LIBTORCH: folder, LIBTORCH_USE_PYTORCH: '1' }))).toEqual({
      folder,
      lib: path.join(folder, 'lib'),
      version: '2.14.1',
      cuda: true,
      source: 'LIBTORCH',
    })
  })

  const builtFor = (folder: string, machine: number) => {
    const elf = Buffer.alloc(64)
    elf.writeUInt32BE(0x7f454c46, 0)
    elf.writeUInt16LE(machine, 18)
    fs.writeFileSync(path.join(folder, 'lib', 'libc10.so'), elf)
  }

  test.each([
    ['a folder that is not there', () => undefined, /does not exist/],
    [
      'a folder without headers',
      (folder: string) => fs.rmSync(path.join(folder, 'include'), { recursive: true }),
      /include is missing/,
    ],
    [
      'a folder without a library',
      (folder: string) => fs.rmSync(path.join(folder, 'lib', 'libc10.so')),
      /libc10\.so is missing/,
    ],
    [
      'headers without a version',
      (folder: string) => fs.writeFileSync(path.join(folder, NEW_HEADER), ''),
      /have no version/,
    ],
    [
      'headers without a part of the version',
      (folder: string) =>
        fs.writeFileSync(path.join(folder, NEW_HEADER), versionHeader('2.13.0').replace('MINOR', 'LESSER')),
      /have no version/,
    ],
    [
      'headers with a version that is no number',
      (folder: string) => fs.writeFileSync(path.join(folder, NEW_HEADER), versionHeader('2.13.x')),
      /have no version/,
    ],
    [
      'libraries for another processor',
      (folder: string) => builtFor(folder, 2), // SPARC
      new RegExp(`built for another processor, not for ${process.arch}`),
    ],
    [
      'libraries for the other processor that is supported',
      (folder: string) => builtFor(folder, process.arch === 'x64' ? 183 : 62),
      process.arch === 'x64' ? /built for arm64, not for x64/ : /built for x64, not for arm64/,
    ],
  ])('that is %s is an error and not skipped', (_what, corrupt, message) => {
    cached('2.13.0-cpu', '2.13.0')
    const folder = path.join(home, 'own')
    if (_what !== 'a folder that is not there') makeLibTorch(folder)
    corrupt(folder)
    const { message: text, fix } = problem(() => findLibTorch(env({ LIBTORCH: folder })))
    expect(text).toMatch(message)
    expect(text).toContain(`LIBTORCH is ${folder}`)
    expect(fix).toMatch(/include\/ and lib\/.*npx libtorch-dcgan setup/)
  })

  test.each([
    ['the new header', { [NEW_HEADER]: versionHeader('2.14.1'), [OLD_HEADER]: '#include <new>\n' }, '2.14.1'],
    ['the old header where there is no new one', { [OLD_HEADER]: versionHeader('2.1.2') }, '2.1.2'],
    [
      'a header with other spaces and ends of lines',
      {
        [NEW_HEADER]:
          '  #  define TORCH_VERSION_MAJOR 3\r\n#define TORCH_VERSION_MINOR 0\n#define TORCH_VERSION_PATCH 12',
      },
      '3.0.12',
    ],
  ])('has the version of %s', (_what, headers, version) => {
    const folder = makeLibTorch(path.join(home, 'own'))
    fs.rmSync(path.join(folder, NEW_HEADER))
    for (const [name, text] of Object.entries(headers)) write(folder, name, text)
    expect(findLibTorch(env({ LIBTORCH: folder })).version).toBe(version)
  })

  test('that is empty counts as not set', () => {
    const folder = cached('2.13.0-cpu', '2.13.0')
    expect(findLibTorch(env({ LIBTORCH: '' })).folder).toBe(folder)
  })
})

describe('LIBTORCH_USE_PYTORCH', () => {
  const torch = (version: string) => makeLibTorch(path.join(home, 'site-packages', 'torch'), version)

  test('=1 takes the active Python’s torch before the cache', () => {
    cached('2.13.0-cpu', '2.13.0')
    python(path.join(home, 'bin'), torch('2.12.0'))
    expect(findLibTorch(env({ LIBTORCH_USE_PYTORCH: '1' }))).toMatchObject({
      version: '2.12.0',
      source: 'PyTorch',
    })
  })

  test('with another value, or not set, leaves Python alone', () => {
    cached('2.13.0-cpu', '2.13.0')
    python(path.join(home, 'bin'), torch('2.12.0'))
    for (const value of ['0', '']) {
      expect(findLibTorch(env({ LIBTORCH_USE_PYTORCH: value })).source).toBe('cache')
    }
    expect(findLibTorch(env()).source).toBe('cache')
  })

  test('takes PYTHON before VIRTUAL_ENV before PATH', () => {
    const place = (name: string, version: string) => makeLibTorch(path.join(home, name, 'torch'), version)
    python(path.join(home, 'bin'), place('path', '2.1.0'))
    python(path.join(home, 'venv', 'bin'), place('venv', '2.2.0'))
    fs.renameSync(path.join(home, 'venv', 'bin', 'python3'), path.join(home, 'venv', 'bin', 'python'))
    const named = python(path.join(home, 'named'), place('named', '2.3.0'))
    const version = (more: Record<string, string>) =>
      findLibTorch(env({ LIBTORCH_USE_PYTORCH: '1', ...more })).version
    expect(version({})).toBe('2.1.0')
    expect(version({ VIRTUAL_ENV: path.join(home, 'venv') })).toBe('2.2.0')
    expect(version({ VIRTUAL_ENV: path.join(home, 'venv'), PYTHON: named })).toBe('2.3.0')
  })

  test('without a Python, without torch, or with a broken one is an error and not skipped', () => {
    cached('2.13.0-cpu', '2.13.0')
    const find = () => findLibTorch(env({ LIBTORCH_USE_PYTORCH: '1' }))
    expect(problem(find).message).toMatch(/a Python was not found/)
    python(path.join(home, 'bin'), undefined)
    expect(problem(find)).toMatchObject({
      message: expect.stringMatching(/has no package torch/),
      fix: expect.stringMatching(/unset LIBTORCH_USE_PYTORCH/),
    })
    python(path.join(home, 'bin'), torch('2.12.0'))
    fs.rmSync(path.join(home, 'site-packages', 'torch', 'include'), { recursive: true })
    expect(problem(find).message).toMatch(/not complete: .*include is missing/)
  })
})

describe('the cache', () => {
  test('without anything in it is nothing, not an error', () => {
    expect(findLibTorch(env())).toBeUndefined()
    fs.mkdirSync(path.join(home, 'cache', 'junk'), { recursive: true })
    expect(findLibTorch(env())).toBeUndefined()
  })

  test('lies where LIBTORCH_DCGAN_HOME says, else XDG_CACHE_HOME, else ~/.cache', () => {
    const folder = cached('2.13.0-cpu', '2.13.0')
    const move = (to: string) => {
      fs.mkdirSync(path.dirname(to), { recursive: true })
      fs.renameSync(path.dirname(path.dirname(folder)), to)
      fs.mkdirSync(path.join(home, 'cache'))
    }
    move(path.join(home, 'xdg', 'libtorch-dcgan'))
    expect(findLibTorch({ HOME: home })).toBeUndefined()
    expect(findLibTorch({ HOME: home, XDG_CACHE_HOME: path.join(home, 'xdg') }).version).toBe('2.13.0')
    fs.renameSync(path.join(home, 'xdg'), path.join(home, '.cache'))
    expect(findLibTorch({ HOME: home }).version).toBe('2.13.0')
  })

  test('never lies in the current folder: a relative XDG_CACHE_HOME is ignored, other relative paths refused', () => {
    cached('2.13.0-cpu', '2.13.0')
    const xdg = path.join(home, 'here', 'libtorch-dcgan')
    fs.mkdirSync(path.dirname(xdg))
    fs.renameSync(path.join(home, 'cache'), xdg)
    const here = process.cwd()
    process.chdir(home)
    try {
      expect(findLibTorch({ HOME: home, XDG_CACHE_HOME: 'here' })).toBeUndefined()
      const find = (more: Record<string, string>) => problem(() => findLibTorch(more))
      expect(find({ HOME: home, LIBTORCH_DCGAN_HOME: './here/libtorch-dcgan' })).toMatchObject({
        message: expect.stringMatching(/LIBTORCH_DCGAN_HOME is \.\/here\/libtorch-dcgan, a relative path/),
        fix: expect.stringContaining('export LIBTORCH_DCGAN_HOME="$PWD/here/libtorch-dcgan"'),
      })
      expect(find({ HOME: 'here' }).message).toMatch(/HOME is here, a relative path/)
    } finally {
      process.chdir(here)
    }
  })

  test('gives the one that was set up last', () => {
    cached('2.13.0-cpu', '2.13.0', { date: '2026-01-01' })
    cached('2.14.1-cuda', '2.14.1', { date: '2026-02-01', cuda: true })
    expect(findLibTorch(env())).toMatchObject({ version: '2.14.1', cuda: true })
    cached('2.13.0-cpu', '2.13.0', { date: '2026-03-01' })
    expect(findLibTorch(env())).toMatchObject({ version: '2.13.0', cuda: false })
  })

  test('gives one of the wanted minor version before a later one', () => {
    cached('2.13.0-cpu', '2.13.0')
    cached('2.15.0-cpu', '2.15.0', { date: '2026-03-01' })
    expect(findLibTorch(env(), ['2.13']).version).toBe('2.13.0')
    expect(findLibTorch(env(), ['2.9']).version).toBe('2.15.0')
  })

  test('passes over what was damaged by hand', () => {
    cached('2.13.0-cpu', '2.13.0')
    const broken = cached('2.14.1-cpu', '2.14.1', { date: '2026-03-01' })
    fs.rmSync(path.join(broken, 'lib', 'libtorch.so'))
    for (const text of ['{', '{}', '1', 'null']) {
      const entry = path.join(home, 'cache', `damaged ${text}`)
      fs.mkdirSync(entry)
      fs.writeFileSync(path.join(entry, 'libtorch.json'), text)
    }
    expect(findLibTorch(env()).version).toBe('2.13.0')
  })

  test('does not wait for a pipe in the place of a record or of a header', () => {
    cached('2.13.0-cpu', '2.13.0')
    const other = cached('2.14.1-cpu', '2.14.1')
    const headers = cached('2.15.0-cpu', '2.15.0', { date: '2026-03-01' })
    const files = [path.join(other, '..', 'libtorch.json'), path.join(headers, OLD_HEADER)]
    for (const file of files) {
      fs.rmSync(file, { force: true })
      fs.mkdirSync(path.dirname(file), { recursive: true })
      execFileSync('mkfifo', [file])
    }
    expect(findLibTorch(env()).version).toBe('2.13.0')
  })

  test.each([
    ['null among its libraries', { libraries: { 'torch/lib/libtorch.so': null } }],
    ['null for its contents', null],
  ])('passes over a record with %s', (_what, contents) => {
    cached('2.13.0-cpu', '2.13.0')
    const record = path.join(cached('2.14.1-cpu', '2.14.1', { date: '2026-03-01' }), '..', 'libtorch.json')
    fs.writeFileSync(record, JSON.stringify({ ...JSON.parse(fs.readFileSync(record, 'utf8')), contents }))
    expect(findLibTorch(env()).version).toBe('2.13.0')
  })
})
