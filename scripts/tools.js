'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { Problem, codeOf } = require('./problem.js')

/** @typedef {Record<string, string | undefined>} Env */

const MIN_CMAKE = [3, 18]
const ANSWER_MS = 60_000

/**
 * The first of these programs on PATH, as an absolute path.
 *
 * @param {string[]} names
 * @param {Env} env
 * @returns {string | undefined}
 */
function which(names, env = process.env) {
  for (const name of names) {
    if (name.includes('/')) {
      if (isProgram(name)) return path.resolve(name)
      continue
    }
    for (const folder of (env.PATH ?? '').split(path.delimiter)) {
      if (folder !== '' && isProgram(path.join(folder, name))) return path.join(folder, name)
    }
  }
  return undefined
}

/** @param {string} file */
function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/**
 * What a program prints, or undefined where it fails. For short questions only: it blocks. One that does not answer
 * has not failed: a busy machine may take long to start a Python, and what it has is not missing.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Env} [env]
 * @param {number} [limit] in milliseconds
 * @param {string} [cwd]
 */
function ask(program, args, env = process.env, limit = ANSWER_MS, cwd = '.') {
  const options = /** @type {const} */ ({ encoding: 'utf8', timeout: limit, killSignal: 'SIGKILL' })
  const { status, stdout, error } = spawnSync(program, args, { ...options, env, cwd })
  if (codeOf(error) !== 'ETIMEDOUT') return status === 0 ? stdout.trim() : undefined
  throw new Problem(
    `\`${[program, ...args].join(' ')}\` did not answer within ${limit / 1000} seconds.`,
    'Run it again when the machine is less busy, or see what keeps that program.',
  )
}

/** The family of the system, which decides how a package is installed. */
function systemFamily() {
  let release = ''
  try {
    release = fs.readFileSync('/etc/os-release', 'utf8')
  } catch {
    return 'other'
  }
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(match => match[1]).join(' ')
  if (/debian|ubuntu/.test(ids)) return 'debian'
  if (/fedora|rhel|centos/.test(ids)) return 'fedora'
  return 'other'
}

/**
 * The command that installs a tool here, or the commands of the common systems.
 *
 * @param {{ debian: string, fedora: string }} packages
 * @param {string} [family]
 */
function installCommand(packages, family = systemFamily()) {
  const commands = {
    debian: `sudo apt-get install -y ${packages.debian}`,
    fedora: `sudo dnf install -y ${packages.fedora}`,
  }
  if (family === 'debian' || family === 'fedora') return commands[family]
  return `Debian, Ubuntu: ${commands.debian}\nFedora: ${commands.fedora}`
}

/** @param {string} cmake @param {Env} env @returns {number[] | undefined} */
function cmakeVersion(cmake, env = process.env) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(ask(cmake, ['--version'], env) ?? '')
  return match ? match.slice(1).map(Number) : undefined
}

/** CMake's path and version, as words; throws where it cannot build this. @param {Env} env */
function requireCMake(env = process.env) {
  const cmake = which(['cmake'], env)
  const wanted = MIN_CMAKE.join('.')
  const install = installCommand({ debian: 'cmake', fedora: 'cmake' })
  if (cmake === undefined) {
    throw new Problem(`CMake is missing: building the addon needs CMake ${wanted} or newer.`, install)
  }
  const version = cmakeVersion(cmake, env)
  if (version === undefined)
    throw new Problem(`${cmake} does not run: it does not tell its version.`, install)
  const [major = 0, minor = 0] = version
  const [wantedMajor = 0, wantedMinor = 0] = MIN_CMAKE
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new Problem(
      `CMake is too old: ${version.join('.')} in ${cmake}; building the addon needs ${wanted} or newer.`,
      'python3 -m pip install --user cmake   (and put ~/.local/bin first on PATH)',
    )
  }
  return `${version.join('.')}, ${cmake}`
}

/** The C++ compiler that CMake will take, as words; throws where there is none. @param {Env} env */
function requireCompiler(env = process.env) {
  const compiler = which(env.CXX ? [String(env.CXX.split(' ')[0])] : ['c++', 'g++', 'clang++'], env)
  if (compiler !== undefined) return `${ask(compiler, ['--version'], env)?.split('\n')[0]}, ${compiler}`
  throw new Problem(
    env.CXX
      ? `The C++ compiler of CXX, ${env.CXX}, was not found.`
      : 'A C++ compiler is missing: building the addon needs one for C++20, such as GCC 11 or Clang 14.',
    installCommand({ debian: 'g++', fedora: 'gcc-c++' }),
  )
}

/** Ninja or make, as CMake takes them; throws where neither is there. @param {Env} env */
function requireMake(env = process.env) {
  const make = which(['ninja', 'ninja-build', 'make'], env)
  if (make !== undefined) return make
  throw new Problem(
    'Neither make nor Ninja was found: CMake needs one of them to build the addon.',
    installCommand({ debian: 'make', fedora: 'make' }),
  )
}

/** Throws the first thing that keeps C++ from being built here. @param {Env} env */
function requireBuildTools(env = process.env) {
  requireCMake(env)
  requireCompiler(env)
  requireMake(env)
}

/** Throws where this Node.js is older than package.json asks for. @param {string} root */
function requireNode(root, version = process.versions.node) {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const [wantedMajor = 0, wantedMinor = 0] = (String(engines.node).match(/\d+/g) ?? []).map(Number)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new Problem(
    `Node.js is too old: ${version}; this package needs ${wantedMajor}.${wantedMinor} or newer.`,
    'Install a newer one from https://nodejs.org, or: nvm install --lts',
  )
}

module.exports = {
  ask,
  installCommand,
  requireBuildTools,
  requireCMake,
  requireCompiler,
  requireMake,
  requireNode,
  which,
}
