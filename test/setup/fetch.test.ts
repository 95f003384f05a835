import fs from 'node:fs'
import path from 'node:path'
import { temporary, write as writeFile } from '../support/folder'
import { environment, fakePip, fetchInto, pretend } from './fetch-support'
import { libtorchFiles, makeLibTorch, makeWheel, node, ROOT, serve, sha256, zip } from './support'

let home: string
let cache: string
beforeEach(() => {
  home = temporary()
  cache = path.join(home, 'cache')
})

const ALLOW = { LIBTORCH_DCGAN_ALLOW_UNPINNED: '1' }
// A mirror that cannot be reached.
const OFFLINE = { LIBTORCH_DCGAN_MIRROR: 'http://127.0.0.1:2' }
const fetch = (
  options: { variant?: string; from?: string },
  env: Record<string, string> = {},
  before?: string,
) => fetchInto(home, options, env, before)
const setup = (...args: string[]) =>
  node([path.join(ROOT, 'dist', 'cli', 'index.js'), 'setup', ...args], environment(home))

const tree = (folder: string) =>
  (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter(name => fs.statSync(path.join(folder, name)).isFile())
    .sort()

const write = (name: string, data: Buffer | string) => writeFile(home, name, data)
const pip = (files: Record<string, Buffer>) => fakePip(home, files)

describe('LibTorch is taken from', () => {
  const expected = Object.keys(libtorchFiles()).map(name => path.join('torch', name))

  test('a wheel: only libraries and headers, in an entry that is complete', async () => {
    const file = write('torch.whl', makeWheel())
    const { status, stdout } = await fetch({ from: file })
    expect(status).toBe(0)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({ version: '2.13.0', cuda: false, source: 'cache' })
    const entry = path.dirname(found.folder)
    expect(tree(entry)).toEqual(['libtorch.json', ...expected].sort())
    expect(JSON.parse(fs.readFileSync(path.join(entry, 'libtorch.json'), 'utf8'))).toMatchObject({
      from: file,
      sha256: sha256(makeWheel()),
    })
    expect(fs.readdirSync(cache).sort()).toEqual([path.basename(entry), 'lock'].sort())
    expect(fs.existsSync(file)).toBe(true)
  })

  test('a LibTorch archive', async () => {
    const items = Object.entries(libtorchFiles()).map(([name, data]) => ({ name: `libtorch/${name}`, data }))
    const file = write('libtorch.zip', zip([...items, { name: 'libtorch/lib/libdnnl.a', data: 'static' }]))
    const { stdout } = await fetch({ from: file })
    expect(tree(path.dirname(JSON.parse(stdout).folder))).toEqual(['libtorch.json', ...expected].sort())
  })

  test('the entry that is there, which then is the current one again', async () => {
    const [one, other] = [write('a.whl', makeWheel()), write('b.whl', makeWheel('2.14.1'))]
    const first = await fetch({ from: one })
    await fetch({ from: other })
    expect(await fetch({ from: one })).toMatchObject({ stdout: first.stdout, stderr: '' })
    expect((await setup('--list')).stdout).toMatch(/^\* 2\.13\.0-cpu-/)
  })
})

describe('it is refused, and no part of it stays,', () => {
  const nothingStays = () =>
    expect(fs.existsSync(cache) ? fs.readdirSync(cache).filter(name => name !== 'lock') : []).toEqual([])

  test.each([
    ['it is no archive', () => Buffer.from('<html>Sign in to this network</html>'), /not a zip file/],
    ['it holds no LibTorch', () => zip([{ name: 'a', data: 'x' }]), /holds no LibTorch/],
    [
      'a library is missing',
      () =>
        zip([
          { name: 'torch/lib/libtorch.so', data: 'x' },
          { name: 'torch/include/a.h', data: '' },
        ]),
      /libc10\.so is missing/,
    ],
    [
      'an entry leads out of its folder',
      () =>
        zip([
          { name: 'torch/lib/libtorch.so', data: 'x' },
          { name: 'torch/include/../../../../evil', data: 'x' },
        ]),
      /invalid relative path/,
    ],
    ['it is cut short', () => makeWheel().subarray(0, 900), /file is truncated/],
  ])('where %s', async (_what, data, message) => {
    const { status, stderr } = await fetch({ from: write('torch.whl', data()) })
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
    expect(fs.existsSync(path.join(home, 'evil'))).toBe(false)
    nothingStays()
  })

  test('where it is no file: the message says how to use a folder', async () => {
    makeLibTorch(path.join(home, 'unpacked'))
    for (const from of ['none.zip', 'unpacked']) {
      const { status, stderr } = await fetch({ from: path.join(home, from) })
      expect(status).toBe(1)
      expect(stderr).toMatch(/(none\.zip|unpacked) does not exist, or is no file.*\n.*LIBTORCH=<folder>/)
    }
    nothingStays()
  })

  test('where the cache cannot be written', async () => {
    fs.writeFileSync(cache, 'a file')
    const { stderr } = await fetch({ from: write('torch.whl', makeWheel()) })
    expect(stderr).toMatch(/cache folder .* cannot be written[\s\S]*LIBTORCH_DCGAN_HOME/)
  })
})

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? describe : describe.skip

onLinux('the release', () => {
  test('is fetched from the site, once', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      requests++
      response.end(makeWheel())
    })
    const env = { LIBTORCH_DCGAN_MIRROR: address.replace('//', '//me:secret@') }
    const first = await fetch({}, env, pretend(makeWheel()))
    expect(first.stderr).toMatch(/SHA-256 as pinned/)
    expect(fs.readFileSync(path.join(cache, '2.13.0-cpu', 'libtorch.json'), 'utf8')).not.toMatch(/secret/)
    const second = await fetch({}, env, pretend(makeWheel()))
    expect(second).toMatchObject({ stdout: first.stdout, stderr: '' })
    expect(requests).toBe(1)
  })

  test('of a mirror that has another file is refused, and pip does not run', async () => {
    const log = pip({ 'torch.whl': makeWheel() })
    const address = await serve((_request, response) => void response.end(makeWheel()))
    const { status, stderr } = await fetch({}, { LIBTORCH_DCGAN_MIRROR: `${address}/` })
    expect(status).toBe(1)
    expect(stderr).toMatch(/not the file that was expected/)
    expect(fs.existsSync(log)).toBe(false)
  })

  test('is fetched by pip where the site cannot be reached or lacks it', async () => {
    const paths: (string | undefined)[] = []
    const address = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(404).end()
    })
    const log = pip({ 'torch-2.13.0-renamed.whl': makeWheel() })
    const env = { LIBTORCH_DCGAN_MIRROR: address, ...ALLOW }
    const { status, stderr, stdout } = await fetch({}, env)
    expect(status).toBe(0)
    expect(paths).toEqual(['/whl/cpu/torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl'])
    expect(stderr).toMatch(/404[\s\S]*pip downloads torch==2\.13\.0\+cpu[\s\S]*\(not pinned/)
    expect(fs.readFileSync(log, 'utf8')).toMatch(/download .*--no-deps .*torch==2\.13\.0\+cpu/)
    expect(JSON.parse(stdout).folder).toBe(path.join(cache, '2.13.0-cpu', 'torch'))
    // And then it is there.
    fs.rmSync(log)
    await fetch({}, env)
    expect(paths).toHaveLength(1)
    expect(fs.existsSync(log)).toBe(false)
  })

  test('that pip cannot give either fails with the message of pip', async () => {
    pip({})
    const { status, stderr } = await fetch({}, OFFLINE)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /No matching distribution[\s\S]*pip config list[\s\S]*PIP_EXTRA_INDEX_URL=\S+\/whl\/cpu [\s\S]*--from/,
    )
  })

  test('with neither network nor pip fails with the command that fixes it', async () => {
    const { status, stderr } = await fetch({}, OFFLINE)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /cannot be fetched: .*ECONNREFUSED[\s\S]*pip, which can fetch[\s\S]*not found[\s\S]*python3-pip[\s\S]*--from/,
    )
  })

  test('for CUDA comes with the libraries of NVIDIA', async () => {
    const nvidia = zip([
      { name: 'nvidia/cu13/lib/libcudart.so.13', data: 'x' },
      { name: 'nvidia/cu13/include/cuda_runtime_api.h', data: '' },
      { name: 'nvidia/cu13/lib/readme.txt', data: 'x' },
      { name: 'nvidia/__init__.py', data: '' },
    ])
    const log = pip({ 'torch.whl': makeWheel('2.14.1', { cuda: true }), 'nvidia.whl': nvidia })
    const { status, stdout } = await fetch({ variant: 'cuda' }, ALLOW)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ version: '2.14.1', cuda: true })
    expect(tree(path.join(cache, '2.14.1-cuda', 'nvidia'))).toEqual([
      'cu13/include/cuda_runtime_api.h',
      'cu13/lib/libcudart.so.13',
    ])
    const runs = fs.readFileSync(log, 'utf8').trim().split('\n')
    expect(runs[0]).toMatch(/--no-deps.*torch==2\.14\.1/)
    expect(runs[1]).toMatch(/--no-deps.* nvidia-cublas==\S+ .*nvidia-cudnn-cu13==9\.24\.0\.43/)
    expect(fs.existsSync(path.join(cache, 'downloads'))).toBe(false)
  })
})

describe('two at once', () => {
  test('make one download', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      requests++
      setTimeout(() => response.end(makeWheel()), 500)
    })
    const once = () => fetch({}, { LIBTORCH_DCGAN_MIRROR: address }, pretend(makeWheel()))
    const both = await Promise.all([once(), once()])
    expect(both.map(({ status }) => status)).toEqual([0, 0])
    expect(both[0]?.stdout).toBe(both[1]?.stdout)
    expect(both.map(({ stderr }) => stderr).join('')).toMatch(/Another set-up.* is fetching/)
    expect(requests).toBe(1)
  })
})

describe('one that is killed', () => {
  const many = zip([
    ...Object.entries(libtorchFiles()).map(([name, data]) => ({ name: `torch/${name}`, data })),
    ...Array.from({ length: 1000 }, (_, i) => ({
      name: `torch/include/h${i}.h`,
      data: `${i}`.repeat(100),
      stored: true,
    })),
  ])

  test('while it unpacks leaves no LibTorch, and the next one makes it whole', async () => {
    const file = write('torch.whl', many)
    const killed = fetch({ from: file })
    const include = path.join(cache, '.unpack-libtorch', 'torch', 'include')
    while (!fs.existsSync(include)) await new Promise(resolve => setTimeout(resolve, 1))
    killed.kill()
    expect((await killed).signal).toBe('SIGKILL')
    expect(fs.readdirSync(cache).filter(name => !name.startsWith('.') && name !== 'lock')).toEqual([])
    const { status, stdout } = await fetch({ from: file })
    expect(status).toBe(0)
    const { folder } = JSON.parse(stdout)
    expect(fs.readdirSync(path.join(folder, 'include'))).toHaveLength(1001)
    expect(fs.readdirSync(cache).sort()).toEqual([path.basename(path.dirname(folder)), 'lock'].sort())
  })

  test('while it downloads leaves no LibTorch, and the next one fetches it whole', async () => {
    let requests = 0
    let reached = () => {}
    const downloading = new Promise<void>(resolve => {
      reached = resolve
    })
    const address = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': many.length })
      if (++requests > 1) response.end(many)
      else response.write(many.subarray(0, 200_000), () => reached())
    })
    const once = () => fetch({}, { LIBTORCH_DCGAN_MIRROR: address }, pretend(many))
    const killed = once()
    await downloading
    killed.kill()
    await killed
    const { status, stdout } = await once()
    expect(status).toBe(0)
    expect(fs.readdirSync(path.join(JSON.parse(stdout).folder, 'include'))).toHaveLength(1001)
    expect(fs.existsSync(path.join(cache, 'downloads'))).toBe(false)
  })
})

describe('setup --list and --remove', () => {
  test('show and remove what the cache holds', async () => {
    expect((await setup('--list')).stdout).toMatch(/^Nothing in /)
    await fetch({ from: write('a.whl', makeWheel('2.13.0')) })
    await fetch({ from: write('b.whl', makeWheel('2.14.1')) })
    const { stdout } = await setup('--list', '--json')
    const entries = JSON.parse(stdout) as { name: string; version: string; current: boolean }[]
    expect(entries.map(({ version, current }) => [version, current])).toEqual([
      ['2.14.1', true],
      ['2.13.0', false],
    ])
    expect((await setup('--list')).stdout).toMatch(/^\* 2\.14\.1-cpu-\w+ .*\n {2}2\.13\.0-cpu-\w+ .*\n$/)

    const wrong = await setup('--remove', 'no-such')
    expect(wrong.status).toBe(1)
    expect(wrong.stderr).toMatch(/holds no no-such/)
    const name = String(entries[0]?.name)
    expect(await setup('--remove', name)).toMatchObject({ status: 0, stdout: `Removed ${name}\n` })
    expect(fs.readdirSync(cache).sort()).toEqual([String(entries[1]?.name), 'lock'].sort())
    await setup('--remove')
    expect((await setup('--list')).stdout).toMatch(/^Nothing in /)
  })
})
