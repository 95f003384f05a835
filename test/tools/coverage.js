#!/usr/bin/env node
'use strict'

// npm run coverage: the lines and branches of lib/ and binding/ that the tests reach, folder by folder.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { createCoverageMap } = require('istanbul-lib-coverage')
const { filesUnder } = require('../../scripts/files/disk.js')
const { Problem } = require('../../scripts/problem.js')
const { buildLibrary } = require('../../tools/library.js')
const { buildInstrumented } = require('./instrumented.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')
const FLAGS = '-O1 -g1 -DNDEBUG --coverage -fprofile-update=atomic'

const HELP = `Usage: npm run coverage -- [jest's arguments]

Runs the quick tests, or those that are named, and prints how many lines and branches of lib/ and binding/ they reach,
in the tests' own process and in those that they start. The addon and the engine are built with gcov in a folder of
their own. Processes that the tests kill are not counted.`

/** @typedef {Map<string, boolean>} Reached whether each line or branch was reached */
/** @typedef {{ lines: Reached, branches: Reached }} File */

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function node(args, env) {
  return spawnSync(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'inherit' })
    .status
}

/** @param {Reached} all @param {string} key @param {boolean} reached */
function add(all, key, reached) {
  all.set(key, reached || all.get(key) === true)
}

/** @param {Map<string, File>} files @param {string} name */
function fileOf(files, name) {
  const file = files.get(name) ?? { lines: new Map(), branches: new Map() }
  files.set(name, file)
  return file
}

/** Adds a report of Istanbul's. @param {Map<string, File>} files @param {string} report */
function addTypeScript(files, report) {
  const map = createCoverageMap(JSON.parse(fs.readFileSync(report, 'utf8')))
  for (const name of map.files()) {
    const coverage = map.fileCoverageFor(name)
    const file = fileOf(files, path.relative(ROOT, name))
    for (const [line, count] of Object.entries(coverage.getLineCoverage())) add(file.lines, line, count > 0)
    for (const [id, { loc }] of Object.entries(coverage.branchMap)) {
      const place = `${loc.start.line}:${loc.start.column}-${loc.end.line}:${loc.end.column}`
      for (const count of coverage.b[id] ?? []) add(file.branches, place, count > 0)
    }
  }
}

/** Adds what gcov counted in a build folder. @param {Map<string, File>} files @param {string} build @param {string} counts a .gcda file in it */
function addCpp(files, build, counts) {
  const gcov = spawnSync('gcov', ['--json-format', '--branch-probabilities', '--stdout', counts], {
    cwd: build,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (gcov.status !== 0) throw new Problem(`gcov cannot read ${counts}:\n${gcov.stderr}`)
  for (const { file: source, lines } of JSON.parse(gcov.stdout).files) {
    const name = path.relative(ROOT, path.resolve(build, source.replace(/^libtorch-dcgan\//, `${ROOT}/`)))
    if (!name.startsWith('binding/')) continue
    const file = fileOf(files, name)
    for (const { line_number: line, count, branches } of lines) {
      add(file.lines, String(line), count > 0)
      // An exception may leave any call: those branches are the compiler's, not the source's.
      const own = branches.filter((/** @type {{ throw: boolean }} */ branch) => !branch.throw)
      for (const [i, branch] of own.entries()) add(file.branches, `${line}:${i}`, branch.count > 0)
    }
  }
}

/** @param {Map<string, File>} files */
function print(files) {
  /** @type {Map<string, File[]>} */
  const folders = new Map()
  for (const [name, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [room, inner, deeper] = name.split('/')
    for (const folder of [`${room}/`, deeper === undefined ? '' : `${room}/${inner}/`])
      if (folder !== '') folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  const share = (/** @type {File[]} */ inFolder, /** @type {'lines' | 'branches'} */ kind) => {
    const all = inFolder.flatMap(file => [...file[kind].values()])
    const reached = all.filter(Boolean).length
    return `${((100 * reached) / Math.max(1, all.length)).toFixed(1)} % of ${all.length}`.padStart(18)
  }
  process.stdout.write(`\n${''.padEnd(24)}${'lines'.padStart(18)}${'branches'.padStart(18)}\n`)
  for (const [folder, inFolder] of folders) {
    process.stdout.write(`${folder.padEnd(24)}${share(inFolder, 'lines')}${share(inFolder, 'branches')}\n`)
  }
}

/** @param {string[]} args jest's @returns {Promise<number>} the exit code */
async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const { folder, build, env } = await buildInstrumented('coverage', FLAGS, 'with gcov')
  await buildLibrary(ROOT)
  for (const file of filesUnder(build, /\.gcda$/)) fs.rmSync(path.join(build, file))
  const [jest, children] = [path.join(folder, 'jest'), path.join(folder, 'children')]
  for (const reports of [jest, children]) fs.rmSync(reports, { recursive: true, force: true })

  const collect = ['--coverage', '--coverageProvider=v8', '--collectCoverageFrom=lib/**/*.ts']
  const report = ['--coverageReporters=json', `--coverageDirectory=${jest}`]
  const status = node(['node_modules/.bin/jest', '-i', ...collect, ...report, ...args], {
    ...env,
    // Node.js writes there what a process of the tests reached of dist/.
    NODE_V8_COVERAGE: children,
  })
  const source = ['--temp-directory', children, '--include', 'dist/**/*.js', '--exclude-after-remap=false']
  node(['node_modules/.bin/c8', 'report', ...source, '--reporter=json', '--reports-dir', children])

  /** @type {Map<string, File>} */
  const files = new Map()
  for (const reports of [jest, children]) addTypeScript(files, path.join(reports, 'coverage-final.json'))
  for (const counts of filesUnder(build, /\.gcda$/)) addCpp(files, build, counts)
  print(files)
  return status === 0 ? 0 : 1
}

runProgram(() => main(process.argv.slice(2)), HELP)
