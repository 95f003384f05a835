import { execFileSync } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { serve } from '../setup/support'
import { temporary } from '../support/folder'
import { compiledLibTorch, Package, setVersion, wheelOf } from './setup-support'

// Node alone: no compiler, no CMake, no Python.
const bare = temporary()
fs.symlinkSync(process.execPath, path.join(bare, 'node'))

describe('set-up of an installed package', () => {
  const made = new Package()
  const libtorch = compiledLibTorch()
  const env = { LIBTORCH: libtorch }

  test('builds the addon for the LibTorch that is there', async () => {
    const { status, stderr } = await made.setup(env)
    expect(stderr).toMatch(/Building the addon for LibTorch 2\.13\.0 \(CPU\)\n[\s\S]*Built the addon in/)
    expect(stderr).toMatch(/Ready: LibTorch 2\.13\.0 \(CPU\) in .*\n$/)
    expect(status).toBe(0)
    expect(made.compiledVersion()).toBe('2.13.0')
  })

  test('does nothing the second time, and says so in a line', async () => {
    const before = made.times()
    const { status, stderr, stdout } = await made.setup(env)
    expect(stdout + stderr).toBe(`Ready: LibTorch 2.13.0 (CPU) in ${libtorch}\n`)
    expect(status).toBe(0)
    expect(made.times()).toEqual(before)
  })

  test('does nothing where sources were only touched', async () => {
    const before = made.times()
    const soon = new Date(Date.now() + 5000)
    fs.utimesSync(made.path('binding/training/trainer.cc'), soon, soon)
    expect((await made.setup(env)).stderr).toMatch(/^Ready/)
    expect(made.times()).toEqual(before)
  })

  test('rebuilds just what changed', async () => {
    const before = made.times()
    made.write('binding/training/trainer.cc', '#include <torch/torch.h>\nint answer() { return 43; }\n')
    const { status, stderr } = await made.setup(env)
    expect(stderr).toMatch(/Built the addon/)
    expect(status).toBe(0)
    expect(made.times().training).toBeGreaterThan(before.training)
    expect(made.times().addon).toBe(before.addon)
  })

  test('says what the compiler says, and continues when that is fixed', async () => {
    made.write('binding/training/more.cc', 'int broken( {\n')
    const { status, stderr } = await made.setup(env)
    expect(status).toBe(1)
    expect(stderr).toMatch(/does not build:[\s\S]*more\.cc:1[\s\S]*error:/)
    expect((await made.setup(env)).status).toBe(1)
    fs.rmSync(made.path('binding/training/more.cc'))
    expect((await made.setup(env)).status).toBe(0)
  })

  test('replaces a library that an interrupted build left half written', async () => {
    const file = made.path('build', 'Release', 'dcgan.node')
    fs.rmSync(made.path('build', 'addon.json'))
    fs.truncateSync(file, 500)
    expect(await made.setup(env)).toMatchObject({ status: 0 })
    expect(fs.statSync(file).size).toBeGreaterThan(5000)
  })

  test('continues after a configuration that failed', async () => {
    const list = fs.readFileSync(made.path('CMakeLists.txt'), 'utf8')
    made.write('CMakeLists.txt', `${list}message(FATAL_ERROR "no more")\n`)
    fs.rmSync(made.path('build'), { recursive: true })
    expect((await made.setup(env)).stderr).toMatch(/does not build:[\s\S]*no more/)
    made.write('CMakeLists.txt', list)
    expect(await made.setup(env)).toMatchObject({ status: 0 })
  })

  test('builds again for another LibTorch, or the same folder with another version', async () => {
    const other = compiledLibTorch('2.14.1')
    expect((await made.setup({ LIBTORCH: other })).stderr).toMatch(/Building the addon for LibTorch 2\.14\.1/)
    expect(fs.readFileSync(made.path('build', 'CMakeCache.txt'), 'utf8')).toContain(other)
    setVersion(other, '2.15.0')
    expect(await made.setup({ LIBTORCH: other })).toMatchObject({ status: 0 })
    expect(fs.readFileSync(made.path('build', 'Release', 'dcgan.node')).includes('2.15.0')).toBe(true)
  })

  test('two set-ups at the same time build once', async () => {
    made.write('binding/training/trainer.cc', '#include <torch/torch.h>\nint answer() { return 44; }\n')
    const both = await Promise.all([made.setup(env), made.setup(env)])
    expect(both.map(({ status }) => status)).toEqual([0, 0])
    // test/setup/lock.test.ts reads what the waiting one prints: here it may come after the other's end.
    const said = both.map(({ stderr }) => stderr).join('')
    expect(said.match(/Built the addon/g)).toHaveLength(1)
  })

  test('one that is killed while it builds is waited for, with what it started, and the next one builds', async () => {
    const tools = temporary()
    const log = path.join(tools, 'compiling')
    // Compiles slowly, and notes when it begins and ends.
    const compiler = `#!/bin/sh\n[ "$1" = --version ] && exec c++ --version\necho begin >> ${log}\nsleep 2\nc++ "$@"\nstatus=$?\necho end >> ${log}\nexit $status\n`
    fs.writeFileSync(path.join(tools, 'slow'), compiler, { mode: 0o755 })
    made.write('binding/training/trainer.cc', '#include <torch/torch.h>\nint answer() { return 45; }\n')
    fs.rmSync(made.path('build'), { recursive: true })
    const lines = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n') : [])
    const killed = made.setup({ ...env, CXX: path.join(tools, 'slow') })
    while (lines().length === 0) await new Promise(resolve => setTimeout(resolve, 10))
    killed.kill()
    expect((await killed).signal).toBe('SIGKILL')
    const { status, stderr } = await made.setup(env)
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/Another set-up .*waiting[\s\S]*Built the addon/),
    ])
    // Nothing of the one that was killed still ran when the other built.
    expect(lines().filter(line => line === 'begin').length).toBe(
      lines().filter(line => line === 'end').length,
    )
    expect(made.compiledVersion()).toBe('2.13.0')
  })

  test('one that is killed while pip runs is waited for, with pip, and the next one fetches a whole LibTorch', async () => {
    const [tools, index] = [temporary(), temporary()]
    const log = path.join(tools, 'pip.log')
    fs.writeFileSync(path.join(index, 'torch-2.13.0.whl'), wheelOf(libtorch))
    // Writes a part of the wheel, and all of it when it may.
    const pip = `#!/bin/sh
case "$*" in *--version*) exit 0;; esac
echo begin >> ${log}
while [ "$1" != --dest ]; do shift; done
head -c 1000 ${index}/torch-2.13.0.whl > "$2/torch-2.13.0.whl"
while [ ! -e ${tools}/go ]; do sleep 0.1; done
cp ${index}/torch-2.13.0.whl "$2"
echo end >> ${log}
`
    fs.writeFileSync(path.join(tools, 'python3'), pip, { mode: 0o755 })
    const cache = path.join(made.home, 'pip-cache')
    const offline = {
      LIBTORCH_DCGAN_HOME: cache,
      LIBTORCH_DCGAN_MIRROR: 'http://127.0.0.1:2',
      LIBTORCH_DCGAN_ALLOW_UNPINNED: '1',
      PATH: `${tools}:${process.env.PATH}`,
    }
    const lines = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n') : [])
    const killed = made.setup(offline, '--cpu')
    while (lines().length === 0) await new Promise(resolve => setTimeout(resolve, 10))
    killed.kill()
    expect((await killed).signal).toBe('SIGKILL')
    const next = made.setup(offline, '--cpu')
    setTimeout(() => fs.writeFileSync(path.join(tools, 'go'), ''), 1000)
    expect(await next).toMatchObject({ status: 0 })
    // The pip of the one that was killed has ended before the next one began.
    expect(lines()).toEqual(['begin', 'end', 'begin', 'end'])
    expect(fs.readdirSync(cache).sort()).toEqual(['2.13.0-cpu', 'lock'])
  })

  test('is not stopped by a file that others put where they guess its lock', async () => {
    const id = crypto.hash('sha1', `${os.userInfo().uid} ${made.root}`).slice(0, 16)
    const guessed = path.join(made.home, `libtorch-dcgan-${id}.lock`)
    fs.writeFileSync(guessed, '')
    expect(await made.setup(env)).toMatchObject({ status: 0 })
    fs.rmSync(guessed)
  })

  test('uses a prebuilt addon that fits, without a compiler', async () => {
    const prebuilt = made.path('prebuilds', `${process.platform}-${process.arch}`)
    fs.cpSync(made.path('build', 'Release'), prebuilt, { recursive: true })
    fs.rmSync(made.path('build'), { recursive: true })
    const { status, stderr } = await made.setup({ ...env, PATH: bare })
    expect(stderr).toMatch(/^Ready/)
    expect(status).toBe(0)
    expect(fs.existsSync(made.path('build'))).toBe(false)
  })

  test('does not build in place of a prebuilt addon that is damaged', async () => {
    const engine = made.path('prebuilds', `${process.platform}-${process.arch}`, 'libdcgan_training.so')
    const intact = fs.readFileSync(engine)
    fs.writeFileSync(engine, intact.subarray(0, 3000))
    const { status, stderr } = await made.setup(env)
    expect(stderr).toMatch(
      /libdcgan_training\.so is cut short\. \(ERR_DCGAN_NATIVE_NOT_FOUND\)\n {2}rm -r .* && npm install\n$/,
    )
    expect(status).toBe(1)
    fs.writeFileSync(engine, intact)
  })

  test('builds where the prebuilt one is for another version, or where the user requests it', async () => {
    const other = compiledLibTorch('2.14.1')
    const { status, stderr } = await made.setup({ LIBTORCH: other, PATH: bare })
    expect(stderr).toMatch(
      /prebuilt addon is for LibTorch 2\.13, and this is 2\.14\.1[\s\S]*CMake is missing: .*\n {2}\S/,
    )
    expect(status).toBe(1)
    const forced = await made.setup({ ...env, LIBTORCH_DCGAN_BUILD_FROM_SOURCE: '1' })
    expect(forced.stderr).toMatch(/Built the addon/)
    expect(fs.existsSync(made.path('build', 'Release', 'dcgan.node'))).toBe(true)
  })

  test('builds again with --rebuild', async () => {
    const before = made.times()
    expect(await made.setup(env, '--rebuild')).toMatchObject({ status: 0 })
    expect(made.times().training).toBeGreaterThan(before.training)
  })
})

describe('set-up of a clone', () => {
  const made = new Package()
  made.clone()
  made.write('lib/answer.ts', 'export const answer: number = 42\n')
  made.write('lib/old.ts', 'export const old = true\n')
  const env = { LIBTORCH: compiledLibTorch() }
  const setup = () => made.run('scripts/setup.js', [], env)

  test('doctor says that it is not set up, while dist/ is missing', async () => {
    const { status, stderr } = await made.run('scripts/doctor.js', [], env)
    expect(stderr).toMatch(
      /Not set up: .*dist\/cli\/index\.js.*\(ERR_DCGAN_NATIVE_NOT_FOUND\)\n {2}npm run setup/,
    )
    expect(status).toBe(1)
  })

  test('compiles the library with its command, and builds from source', async () => {
    const { status, stderr } = await setup()
    expect(stderr).toMatch(/Compiled lib\/[\s\S]*Built the addon[\s\S]*Ready/)
    expect(status).toBe(0)
    expect(require(made.path('dist', 'answer.js')).answer).toBe(42)
    expect(fs.statSync(made.path('dist', 'cli', 'index.js')).mode & 0o111).toBe(0o111)
    expect((await made.run('scripts/doctor.js', ['--help'], env)).stdout).toMatch(/libtorch-dcgan doctor/)
  })

  test('does nothing the second time', async () => {
    const { mtimeMs } = fs.statSync(made.path('dist', 'answer.js'))
    expect((await setup()).stderr).toMatch(/^Ready: .*\n$/)
    expect(fs.statSync(made.path('dist', 'answer.js')).mtimeMs).toBe(mtimeMs)
  })

  test('compiles what changed, and removes what is gone', async () => {
    made.write('lib/answer.ts', 'export const answer: number = 43\n')
    fs.rmSync(made.path('lib', 'old.ts'))
    const { stderr } = await setup()
    expect(stderr).toMatch(/Compiled lib\//)
    expect(stderr).not.toMatch(/addon/)
    expect(fs.readFileSync(made.path('dist', 'answer.js'), 'utf8')).toContain('43')
    expect(fs.readdirSync(made.path('dist')).filter(name => name.startsWith('old'))).toEqual([])
  })

  test('compiles what was made and is gone', async () => {
    fs.rmSync(made.path('dist', 'answer.js'))
    expect(await setup()).toMatchObject({ status: 0 })
    expect(fs.existsSync(made.path('dist', 'answer.js'))).toBe(true)
  })

  test('two at the same time compile once', async () => {
    made.write('lib/answer.ts', 'export const answer: number = 44\n')
    const both = await Promise.all([setup(), setup()])
    expect(both.map(({ status }) => status)).toEqual([0, 0])
    const said = both.map(({ stderr }) => stderr).join('')
    expect(said.match(/Compiled lib\//g)).toHaveLength(1)
  })

  test('one that is killed while it compiles leaves dist/ whole, and the next one compiles', async () => {
    made.write('lib/answer.ts', 'export const answer: number = 45\n')
    const killed = setup()
    while (!fs.existsSync(made.path('dist.tmp'))) await new Promise(resolve => setTimeout(resolve, 5))
    killed.kill()
    await killed
    expect(fs.existsSync(made.path('dist', 'cli', 'index.js'))).toBe(true)
    expect(await setup()).toMatchObject({ status: 0 })
    expect(fs.readFileSync(made.path('dist', 'answer.js'), 'utf8')).toContain('45')
    expect(fs.existsSync(made.path('dist.tmp'))).toBe(false)
  })

  test('says what does not compile, and leaves what was compiled before', async () => {
    made.write('lib/answer.ts', "export const answer: number = 'x'\n")
    const { status, stderr } = await setup()
    expect(status).toBe(1)
    expect(stderr).toMatch(/lib\/ does not compile: \(ERR_DCGAN_\w+\)\n.*answer\.ts/)
    expect(fs.readFileSync(made.path('dist', 'answer.js'), 'utf8')).toContain('45')
  })
})

describe('the command', () => {
  const made = new Package()

  test('explains itself', async () => {
    const { status, stdout } = await made.setup({}, '--help')
    expect(status).toBe(0)
    for (const word of ['--cpu', '--cuda', '--from', '--list', '--remove', 'LIBTORCH_DCGAN_HOME']) {
      expect(stdout).toContain(word)
    }
  })

  test.each([[['--nonsense']], [['extra']], [['--cpu', '--cuda']], [['--from']]])(
    'refuses %j',
    async args => {
      const { status, stderr } = await made.setup({}, ...args)
      expect(status).toBe(2)
      expect(stderr).toMatch(/setup --help/)
    },
  )

  test('refuses to fetch what a variable names already', async () => {
    const { status, stderr } = await made.setup({ LIBTORCH: '/somewhere' }, '--cpu')
    expect(status).toBe(1)
    expect(stderr).toMatch(/LIBTORCH is set[\s\S]*unset LIBTORCH/)
  })

  test('looks for the compiler before it downloads', async () => {
    const { status, stderr } = await made.setup({ PATH: bare }, '--cpu')
    expect(status).toBe(1)
    expect(stderr).toMatch(/CMake is missing/)
    expect(stderr).not.toMatch(/Fetching/)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends on %s, lets go of its locks, and leaves nothing half made', async (signal, code) => {
    let reach = () => {}
    const reached = new Promise<void>(resolve => {
      reach = resolve
    })
    const address = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('some', () => reach())
    })
    const cache = path.join(made.home, 'cache')
    const running = made.setup({ LIBTORCH_DCGAN_HOME: cache, LIBTORCH_DCGAN_MIRROR: address }, '--cpu')
    await reached
    running.kill(signal)
    const { status, stderr } = await running
    expect(status).toBe(code)
    expect(stderr).toMatch(/Interrupted\./)
    expect(fs.readdirSync(cache)).toEqual(['downloads', 'lock'])
    // The process that holds a lock for set-up ends a moment after set-up.
    for (const lock of [path.join(cache, 'lock'), made.path('.setup.lock')]) {
      execFileSync('flock', ['--timeout', '60', lock, 'true'])
    }
  })

  test('ends what it started, too', async () => {
    const tools = temporary()
    const log = path.join(tools, 'pids')
    const compiler = `#!/bin/sh\n[ "$1" = --version ] && exit\necho $$ >> ${log}\nexec sleep 60\n`
    fs.writeFileSync(path.join(tools, 'c++'), compiler, { mode: 0o755 })
    const env = {
      LIBTORCH: compiledLibTorch(),
      PATH: `${tools}:${process.env.PATH}`,
      CXX: path.join(tools, 'c++'),
    }
    const running = made.setup(env)
    const pids = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n').map(Number) : [])
    while (pids().length === 0) await new Promise(resolve => setTimeout(resolve, 20))
    running.kill('SIGTERM')
    expect((await running).status).toBe(143)
    const alive = () => pids().filter(pid => fs.existsSync(`/proc/${pid}`))
    for (const end = Date.now() + 30_000; alive().length > 0 && Date.now() < end; ) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    expect(alive()).toEqual([])
  })
})
