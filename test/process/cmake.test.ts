import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { makeLibTorch } from '../setup/support'
import { ended } from '../support/ended'
import { temporary } from '../support/folder'
import { Package } from './setup-support'

let made: Package
beforeAll(() => {
  made = new Package()
})

/** What CMake says when it configures the package for a LibTorch, and how it would compile the addon. */
async function configure(libtorch: string, env: Record<string, string> = {}) {
  const build = temporary()
  const variables = { LIBTORCH: libtorch, CMAKE_JS_INC: '/nowhere', CMAKE_EXPORT_COMPILE_COMMANDS: 'ON' }
  const definitions = Object.entries(variables).map(([name, value]) => `-D${name}=${value}`)
  const { DCGAN_DEVELOPER: _, ...inherited } = process.env
  const child = spawn('cmake', ['-S', made.root, '-B', build, ...definitions], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code: status, stdout, stderr } = await ended(child)
  const commands = path.join(build, 'compile_commands.json')
  return {
    status,
    // CMake breaks its messages into lines.
    output: (stdout + stderr).replace(/\s+/g, ' '),
    commands: fs.existsSync(commands) ? fs.readFileSync(commands, 'utf8') : '',
  }
}

test('a LibTorch that is too old is refused by name before anything is compiled', async () => {
  const old = makeLibTorch(path.join(temporary(), 'old'), '2.12.1')
  const { status, output } = await configure(old)
  expect(status).toBe(1)
  expect(output).toMatch(/LibTorch 2\.12\.1 in \S+ is too old: the addon needs 2\.13 or newer/)
  expect((await configure(old, { LIBTORCH_BYPASS_VERSION_CHECK: '1' })).status).toBe(0)
})

test('set-up refuses it in the same words, with the ways out', async () => {
  const old = makeLibTorch(path.join(temporary(), 'old'), '2.12.1')
  const { status, stderr } = await made.setup({ LIBTORCH: old }, '--rebuild')
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /LibTorch 2\.12\.1 in \S+ is too old: the addon needs 2\.13 or newer\. \(ERR_DCGAN_LIBTORCH_MISMATCH\)\n {2}.*setup --cpu\n.*BYPASS/,
  )
})

test('a warning is an error in a clone, and not for a user with a compiler that warns more than ours', async () => {
  const libtorch = makeLibTorch(path.join(temporary(), 'libtorch'))
  expect(await configure(libtorch)).toMatchObject({
    status: 0,
    commands: expect.not.stringContaining('-Werror'),
  })
  fs.mkdirSync(made.path('.git'))
  expect((await configure(libtorch)).commands).toContain('-Werror')
  expect((await configure(libtorch, { DCGAN_DEVELOPER: 'OFF' })).commands).not.toContain('-Werror')
})
