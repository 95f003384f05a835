import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { temporary } from '../support/folder'
import { makeLibTorch, node, ROOT } from './support'

// Set-up must read the same from Python in every folder: the folder may be anybody's.

let home: string
let here: string
beforeEach(() => {
  home = temporary()
  here = path.join(home, 'here')
  fs.mkdirSync(here)
})

const python = (() => {
  try {
    const script = 'import sys; print(sys.executable)'
    return execFileSync('python3', ['-I', '-c', script], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
})()
const withPython = python === undefined ? test.skip : test

/** Calls a script's function in a process that was started in `here`; its output is what it gives, as JSON. */
async function callHere(script: string, call: string, env: Record<string, string>) {
  const program = `
    Promise.resolve(require(${JSON.stringify(path.join(ROOT, 'dist', 'setup', script))}).${call}).then(
      found => process.stdout.write(JSON.stringify(found ?? null)),
      error => { process.stderr.write(error.stack); process.exitCode = 1 })`
  const { stdout, stderr } = await node(['-e', program], { HOME: home, PATH: '/usr/bin:/bin', ...env }, here)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** A module of the current folder that leaves a trace if it is run. */
function plant(name: string): string {
  const trace = path.join(home, 'trace')
  fs.mkdirSync(path.join(here, path.dirname(name)), { recursive: true })
  fs.writeFileSync(path.join(here, name), `open(${JSON.stringify(trace)}, 'w').close()\n`)
  return trace
}

withPython.each([
  ['pip.py', {}],
  // An empty part of PYTHONPATH is the current folder too.
  ['pip.py', { PYTHONPATH: ':/nowhere' }],
  ['sitecustomize.py', { PYTHONPATH: '.' }],
])('a %s of the current folder is not run in place of pip (%j)', async (name, env) => {
  const trace = plant(name)
  await callHere('pip.js', 'findPip()', { PYTHON: String(python), ...env })
  expect(fs.existsSync(trace)).toBe(false)
})

withPython('a pip.py of the current folder does not download in place of pip', async () => {
  const trace = plant('pip.py')
  const call = `pipDownload({ 'libtorch-dcgan-none': '' }, ${JSON.stringify(path.join(home, 'to'))},
    { machine: 'x86_64', owner: 'ours', why: '' })
    .catch(error => require(${JSON.stringify(path.join(ROOT, 'dist/internal/failure.js'))}).detailsOf(error).unreachable)`
  const offline = { PYTHON: String(python), PIP_CONFIG_FILE: '/dev/null', PIP_NO_INDEX: '1' }
  expect(await callHere('pip.js', call, offline)).toBe(true)
  expect(fs.existsSync(trace)).toBe(false)
})

withPython('a torch, or a module of Python, in the current folder is not taken for PyTorch', async () => {
  const trace = plant('importlib/__init__.py')
  plant('importlib/util.py')
  plant('torch/__init__.py')
  makeLibTorch(path.join(here, 'torch'))
  makeLibTorch(path.join(home, 'site', 'torch'), '2.12.0')
  fs.writeFileSync(path.join(home, 'site', 'torch', '__init__.py'), '')
  const env = {
    LIBTORCH_USE_PYTORCH: '1',
    PYTHON: String(python),
    PYTHONPATH: `:.:${path.join(home, 'site')}`,
  }
  expect((await callHere('find.js', 'findLibTorch()', env)).version).toBe('2.12.0')
  expect(fs.existsSync(trace)).toBe(false)
})

test('a shim that chooses an interpreter by the current folder chooses there', async () => {
  const torch = makeLibTorch(path.join(home, 'torch'), '2.12.0')
  const chosen = path.join(home, 'chosen')
  fs.writeFileSync(chosen, `#!/bin/sh\necho '${torch}'\n`, { mode: 0o755 })
  const shims = path.join(home, 'shims')
  fs.mkdirSync(shims)
  fs.writeFileSync(path.join(shims, 'python3'), '#!/bin/sh\n[ "$1" = -I ] && cat version\n', { mode: 0o755 })
  fs.writeFileSync(path.join(here, 'version'), `${chosen}\n`)
  const env = { LIBTORCH_USE_PYTORCH: '1', PATH: `${shims}:/usr/bin:/bin` }
  expect((await callHere('find.js', 'findLibTorch()', env)).folder).toBe(torch)
})
