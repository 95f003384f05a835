import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import which from 'which'
import { codeOf, missing } from '../internal/failure.js'
import { manifest } from '../internal/installed.js'
import { MACHINES } from '../internal/platform.js'
import { isOlder } from '../internal/version.js'

const MIN_CMAKE = '3.18'
const ANSWER_MS = 60_000

/** Returns the first of these programs on PATH, as an absolute path. */
export function findProgram(...names: string[]): string | undefined {
  const options = { nothrow: true, path: process.env.PATH ?? '' } as const
  const found = names.map(name => which.sync(name, options)).find(file => file !== null)
  return found && path.resolve(found)
}

/**
 * Returns what a program prints, or undefined if it fails. Blocks, so it is for short questions only.
 *
 * @param limit in milliseconds
 * @throws {DcganError} if it does not answer: on a busy machine that does not mean that something is missing
 */
export function query(
  program: string,
  args: string[],
  options: { limit?: number | undefined; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): string | undefined {
  const { limit = ANSWER_MS, ...more } = options
  const spawning = { encoding: 'utf8', timeout: limit, killSignal: 'SIGKILL', ...more } as const
  const { status, stdout, error } = spawnSync(program, args, spawning)
  if (codeOf(error) !== 'ETIMEDOUT') return status === 0 ? stdout.trim() : undefined
  throw missing(
    `\`${[program, ...args].join(' ')}\` did not answer within ${limit / 1000} seconds.`,
    'Run it again when the machine is less busy, or find out why that program waits.',
  )
}

/** Returns the commands that install a tool on the common systems. */
export function installCommand(debian: string, fedora = debian): string {
  return `sudo apt-get install -y ${debian}   (Debian, Ubuntu)\nor sudo dnf install -y ${fedora}   (Fedora)`
}

function requireTool(names: string[], what: string, ...packages: [string, string?]): string {
  const found = findProgram(...names)
  if (found === undefined) throw missing(what, installCommand(...packages))
  return found
}

function requireCMake(): string {
  const wanted = `building the addon needs CMake ${MIN_CMAKE} or newer`
  const cmake = requireTool(['cmake'], `CMake is missing: ${wanted}.`, 'cmake')
  const version = /\d+\.\d+(\.\d+)?/.exec(query(cmake, ['--version']) ?? '')?.[0]
  if (version === undefined) throw missing(`${cmake} does not run.`, installCommand('cmake'))
  if (!isOlder(version, MIN_CMAKE)) return `${version}, ${cmake}`
  const fix = 'python3 -m pip install --user cmake   (and put ~/.local/bin first on PATH)'
  throw missing(`CMake is too old: ${version} in ${cmake}; ${wanted}.`, fix)
}

/** Finds the compiler that CMake takes. */
function requireCompiler(): string {
  const { CXX } = process.env
  const what = CXX ? `The C++ compiler of CXX, ${CXX}, was not found` : 'A C++ compiler is missing'
  const names = CXX ? [CXX.replace(/ .*/, '')] : ['c++', 'g++', 'clang++']
  const wanted = 'building the addon needs one for C++20, such as GCC 11 or Clang 14.'
  const compiler = requireTool(names, `${what}: ${wanted}`, 'g++', 'gcc-c++')
  return `${query(compiler, ['--version'])?.split('\n')[0]}, ${compiler}`
}

function requireMake(): string {
  const what = 'Neither make nor Ninja was found: CMake needs one of them to build the addon.'
  return requireTool(['ninja', 'ninja-build', 'make'], what, 'make')
}

/** Finds each program that building C++ needs. Returns its version and path, and throws if it is missing or too old. */
export const BUILD_TOOLS = { CMake: requireCMake, compiler: requireCompiler, make: requireMake }

/** Throws the first reason why C++ cannot be built here. */
export function requireBuildTools(): void {
  for (const check of Object.values(BUILD_TOOLS)) check()
}

/** Returns the version of this Node.js. Throws if it is older than package.json requires. */
export function requireNode(version = process.versions.node): string {
  const wanted = manifest().engines.node.replace('>=', '')
  if (!isOlder(version, wanted)) return version
  const fix = 'Install a newer one from https://nodejs.org, or: nvm install --lts'
  throw missing(`Node.js is too old: ${version}; this package needs ${wanted} or newer.`, fix)
}

/** Returns whether there is an NVIDIA driver. */
export function hasNvidiaDriver(): boolean {
  const gnu = Object.values(MACHINES).map(machine => `/usr/lib/${machine}-linux-gnu`)
  const folders = [...gnu, '/usr/lib64', '/usr/lib', '/usr/lib/wsl/lib']
  const files = ['/proc/driver/nvidia/version', ...folders.map(folder => `${folder}/libcuda.so.1`)]
  return files.some(file => fs.existsSync(file)) || findProgram('nvidia-smi') !== undefined
}

/**
 * Returns the options of a Python process that takes no module from the current folder: a pip.py there would run in
 * place of pip. This folder holds no Python. An empty or relative part of PYTHONPATH leads here too.
 */
export function pythonOptions() {
  return { cwd: __dirname, env: { ...process.env, PYTHONSAFEPATH: '1' } }
}

/** Finds the Python interpreters of this user, the best one first, as absolute paths. */
export function* pythons(): Generator<string> {
  const { PYTHON, VIRTUAL_ENV } = process.env
  const inVenv = VIRTUAL_ENV ? [path.join(VIRTUAL_ENV, 'bin', 'python')] : []
  for (const name of PYTHON ? [PYTHON] : [...inVenv, 'python3', 'python']) {
    const found = findProgram(name)
    if (found === undefined) continue
    // pyenv, asdf and mise choose the interpreter by the current folder. Isolated (-I), Python takes no module from it.
    const shim = path.basename(path.dirname(found)) === 'shims'
    const chosen = shim && query(found, ['-I', '-c', 'import sys; print(sys.executable)'])
    yield chosen && path.isAbsolute(chosen) ? chosen : found
  }
}
