import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import which from 'which'
import { manifest } from '../internal/installed.js'
import { attempt, codeOf, failure } from './failure.js'

const MIN_CMAKE = '3.18'
const ANSWER_MS = 60_000
const MISSING = 'ERR_DCGAN_NATIVE_NOT_FOUND'

/** Returns the first of these programs on PATH, as an absolute path. */
export function findProgram(...names: string[]): string | undefined {
  const env = { path: process.env.PATH ?? '' }
  for (const name of names) {
    const found = which.sync(name, { nothrow: true, ...env })
    if (found !== null) return path.resolve(found)
  }
  return undefined
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
  { env = process.env, cwd = '.', limit = ANSWER_MS } = {},
): string | undefined {
  const options = { encoding: 'utf8', timeout: limit, killSignal: 'SIGKILL', env, cwd } as const
  const { status, stdout, error } = spawnSync(program, args, options)
  if (codeOf(error) !== 'ETIMEDOUT') return status === 0 ? stdout.trim() : undefined
  throw failure(
    MISSING,
    `\`${[program, ...args].join(' ')}\` did not answer within ${limit / 1000} seconds.`,
    'Run it again when the machine is less busy, or find out why that program waits.',
  )
}

/** Reads the names of the system's family in /etc/os-release. */
function systemIds(): string {
  const release = attempt(() => fs.readFileSync('/etc/os-release', 'utf8')) ?? ''
  return [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(match => match[1]).join(' ')
}

/** Returns the command that installs a tool here, or the commands of the common systems. */
export function installCommand(debian: string, fedora = debian, ids = systemIds()): string {
  const [apt, dnf] = [`sudo apt-get install -y ${debian}`, `sudo dnf install -y ${fedora}`]
  if (/debian|ubuntu/.test(ids)) return apt
  if (/fedora|rhel|centos/.test(ids)) return dnf
  return `Debian, Ubuntu: ${apt}\nFedora: ${dnf}`
}

const { compare } = new Intl.Collator('en', { numeric: true })

/** Returns whether a version, such as "3.4", is older than another one. */
export function isOlder(version: string, than: string): boolean {
  return compare(version, than) < 0
}

function requireCMake(): string {
  const cmake = findProgram('cmake')
  const wanted = `building the addon needs CMake ${MIN_CMAKE} or newer`
  if (cmake === undefined) throw failure(MISSING, `CMake is missing: ${wanted}.`, installCommand('cmake'))
  const version = /\d+\.\d+(\.\d+)?/.exec(query(cmake, ['--version']) ?? '')?.[0]
  if (version === undefined) throw failure(MISSING, `${cmake} does not run.`, installCommand('cmake'))
  if (!isOlder(version, MIN_CMAKE)) return `${version}, ${cmake}`
  throw failure(
    MISSING,
    `CMake is too old: ${version} in ${cmake}; ${wanted}.`,
    'python3 -m pip install --user cmake   (and put ~/.local/bin first on PATH)',
  )
}

/** Finds the compiler that CMake takes. */
function requireCompiler(): string {
  const { CXX } = process.env
  const compiler = CXX ? findProgram(CXX.replace(/ .*/, '')) : findProgram('c++', 'g++', 'clang++')
  if (compiler !== undefined) return `${query(compiler, ['--version'])?.split('\n')[0]}, ${compiler}`
  const what = CXX
    ? `The C++ compiler of CXX, ${CXX}, was not found.`
    : 'A C++ compiler is missing: building the addon needs one for C++20, such as GCC 11 or Clang 14.'
  throw failure(MISSING, what, installCommand('g++', 'gcc-c++'))
}

function requireMake(): string {
  const make = findProgram('ninja', 'ninja-build', 'make')
  if (make !== undefined) return make
  const what = 'Neither make nor Ninja was found: CMake needs one of them to build the addon.'
  throw failure(MISSING, what, installCommand('make'))
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
  throw failure(
    MISSING,
    `Node.js is too old: ${version}; this package needs ${wanted} or newer.`,
    'Install a newer one from https://nodejs.org, or: nvm install --lts',
  )
}
