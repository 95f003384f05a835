'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { Problem, attempt, codeOf } = require('./problem.js')

const MIN_CMAKE = '3.18'
const ANSWER_MS = 60_000

/** The first of these programs on PATH, as an absolute path. @param {string[]} names */
function which(...names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)
  return names
    .flatMap(name => (name.includes('/') ? name : folders.map(folder => path.join(folder, name))))
    .map(file => path.resolve(file))
    .find(isProgram)
}

/** @param {string} file */
const isProgram = file =>
  attempt(() => fs.accessSync(file, fs.constants.X_OK) ?? fs.statSync(file).isFile()) === true

/**
 * Returns what a program prints, or undefined if it fails. It blocks: for short questions only.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, limit?: number }} [options] `limit`: in milliseconds
 * @throws {Problem} if it does not answer: a busy machine may take long, and what the program has is not missing
 */
function ask(program, args, { env = process.env, cwd = '.', limit = ANSWER_MS } = {}) {
  const options = /** @type {const} */ ({ encoding: 'utf8', timeout: limit, killSignal: 'SIGKILL' })
  const { status, stdout, error } = spawnSync(program, args, { ...options, env, cwd })
  if (codeOf(error) !== 'ETIMEDOUT') return status === 0 ? stdout.trim() : undefined
  throw new Problem(
    `\`${[program, ...args].join(' ')}\` did not answer within ${limit / 1000} seconds.`,
    'Run it again when the machine is less busy, or see what keeps that program.',
  )
}

/** The names of the system's family in /etc/os-release. */
function systemIds() {
  const release = attempt(() => fs.readFileSync('/etc/os-release', 'utf8')) ?? ''
  return [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(match => match[1]).join(' ')
}

/**
 * The command that installs a tool here, or the commands of the common systems.
 *
 * @param {string} debian the package's name on Debian and Ubuntu
 * @param {string} [fedora] and on Fedora
 */
function installCommand(debian, fedora = debian, ids = systemIds()) {
  const [apt, dnf] = [`sudo apt-get install -y ${debian}`, `sudo dnf install -y ${fedora}`]
  if (/debian|ubuntu/.test(ids)) return apt
  if (/fedora|rhel|centos/.test(ids)) return dnf
  return `Debian, Ubuntu: ${apt}\nFedora: ${dnf}`
}

const { compare } = new Intl.Collator('en', { numeric: true })

/** Returns true if a version, such as "3.4", is older than another one. @param {string} version @param {string} than */
const isOlder = (version, than) => compare(version, than) < 0

function requireCMake() {
  const cmake = which('cmake')
  const wanted = `building the addon needs CMake ${MIN_CMAKE} or newer`
  if (cmake === undefined) throw new Problem(`CMake is missing: ${wanted}.`, installCommand('cmake'))
  const version = /\d+\.\d+(\.\d+)?/.exec(ask(cmake, ['--version']) ?? '')?.[0]
  if (version === undefined) throw new Problem(`${cmake} does not run.`, installCommand('cmake'))
  if (!isOlder(version, MIN_CMAKE)) return `${version}, ${cmake}`
  throw new Problem(
    `CMake is too old: ${version} in ${cmake}; ${wanted}.`,
    'python3 -m pip install --user cmake   (and put ~/.local/bin first on PATH)',
  )
}

/** The compiler that CMake takes. */
function requireCompiler() {
  const { CXX } = process.env
  const compiler = CXX ? which(CXX.replace(/ .*/, '')) : which('c++', 'g++', 'clang++')
  if (compiler !== undefined) return `${ask(compiler, ['--version'])?.split('\n')[0]}, ${compiler}`
  throw new Problem(
    CXX
      ? `The C++ compiler of CXX, ${CXX}, was not found.`
      : 'A C++ compiler is missing: building the addon needs one for C++20, such as GCC 11 or Clang 14.',
    installCommand('g++', 'gcc-c++'),
  )
}

function requireMake() {
  const make = which('ninja', 'ninja-build', 'make')
  if (make !== undefined) return make
  throw new Problem(
    'Neither make nor Ninja was found: CMake needs one of them to build the addon.',
    installCommand('make'),
  )
}

/** Finds each program that building C++ needs. Returns its version and path, and throws if it is missing or too old. */
const BUILD_TOOLS = { CMake: requireCMake, compiler: requireCompiler, make: requireMake }

/** Throws the first reason why C++ cannot be built here. */
function requireBuildTools() {
  for (const check of Object.values(BUILD_TOOLS)) check()
}

/** Throws if this Node.js is older than package.json asks for. @param {string} root */
function requireNode(root, version = process.versions.node) {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const wanted = engines.node.replace('>=', '')
  if (!isOlder(version, wanted)) return version
  throw new Problem(
    `Node.js is too old: ${version}; this package needs ${wanted} or newer.`,
    'Install a newer one from https://nodejs.org, or: nvm install --lts',
  )
}

module.exports = { BUILD_TOOLS, ask, installCommand, isOlder, requireBuildTools, requireNode, which }
