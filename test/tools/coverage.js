#!/usr/bin/env node
'use strict'

// npm run check -- coverage: the lines and branches of lib/ and binding/ that the tests reach, folder by folder.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { createCoverageMap } = require('istanbul-lib-coverage')
const { filesUnder } = require('../../dist/internal/disk.js')
const { failure } = require('../../dist/internal/failure.js')
const { run } = require('../../dist/setup/run.js')
const { compile } = require('../../scripts/setup.js')
const { buildInstrumented } = require('./instrumented.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')
// gcov derives some counts from others, so that none may be lost when two threads count at once. In the plain product it
// would count each multiplication, which takes longer than a tenth of the tests.
const FLAGS =
  '-O1 -g1 -DNDEBUG --coverage -fprofile-update=atomic -fprofile-exclude-files=kernels/products[.]h'
/** Files with a smaller share of reached lines are listed. */
const ENOUGH = 0.9

const HELP = `Usage: npm run check -- coverage [jest's arguments]

Runs the quick tests, or those that are named, and prints how many lines and branches of lib/ and binding/ they reach,
in the tests' own process and in those that they start. The addon and the engine are built with gcov in a folder of
their own. The quick tests run in two processes, and take about half as long again as with npm test. Processes that the
tests kill are not counted, nor is binding/kernels/products.h. DCGAN_LONG_TESTS=1 counts long tests that are named, such
as test/distributed, which alone reach binding/peers.`

/** @typedef {Map<string, boolean>} Reached whether each line or branch was reached */
/** @typedef {{ lines: Reached, branches: Reached }} File */

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
  if (gcov.status !== 0)
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `gcov cannot read ${counts}:\n${gcov.stderr}`)
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
    const [top, inner, deeper] = name.split('/')
    for (const folder of [`${top}/`, deeper === undefined ? '' : `${top}/${inner}/`])
      if (folder !== '') folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  const row = (/** @type {string} */ name, /** @type {string[]} */ ...cells) =>
    process.stdout.write(`${name.padEnd(48)}${cells.map(cell => cell.padStart(16)).join('')}\n`)
  const shares = (/** @type {File[]} */ some) => [
    shareOf(some.flatMap(({ lines }) => [...lines.values()])).text,
    shareOf(some.flatMap(({ branches }) => [...branches.values()])).text,
  ]
  row('\n', 'lines', 'branches')
  for (const [folder, inFolder] of folders) row(folder, ...shares(inFolder))
  const few = [...files].filter(([, { lines }]) => shareOf([...lines.values()]).share < ENOUGH).sort()
  row(`\nfewer than ${100 * ENOUGH} % of the lines`)
  for (const [name, file] of few) row(name, ...shares([file]))
}

/** The share that was reached of lines or branches. @param {boolean[]} all */
function shareOf(all) {
  const share = all.length === 0 ? 1 : all.filter(Boolean).length / all.length
  return { share, text: `${(100 * share).toFixed(1)} % of ${all.length}` }
}

/**
 * Runs tests in a process of their own, which ends by itself: one of Jest's workers may be killed before it has written
 * what it counted.
 *
 * @param {string[]} args jest's
 * @param {string} reports the folder for its report
 * @param {NodeJS.ProcessEnv} env
 * @returns whether they pass
 */
async function test(args, reports, env) {
  const collect = ['--coverage', '--coverageProvider=v8', '--collectCoverageFrom=lib/**/*.ts']
  const report = ['--coverageReporters=json', `--coverageDirectory=${reports}`]
  const { status } = await run(
    process.execPath,
    ['node_modules/.bin/jest', '-i', ...collect, ...report, ...args],
    {
      cwd: ROOT,
      env: { ...process.env, ...env },
      onLine: text => process.stderr.write(`${text}\n`),
    },
  )
  return status === 0
}

/** @param {string[]} args jest's */
async function main(args) {
  const { folder, build, env } = await buildInstrumented('coverage', FLAGS, 'with gcov')
  compile()
  for (const file of filesUnder(build, /\.gcda$/)) fs.rmSync(path.join(build, file))
  const reports = path.join(folder, 'reports')
  fs.rmSync(reports, { recursive: true, force: true })

  const children = path.join(reports, 'children')
  const parts = args.length > 0 ? [args] : [['--shard=1/2'], ['--shard=2/2']]
  const passed = await Promise.all(
    parts.map((part, i) =>
      // Node.js writes there what a process of the tests reached of dist/.
      test(part, path.join(reports, String(i)), { ...env, NODE_V8_COVERAGE: children }),
    ),
  )
  const source = ['--temp-directory', children, '--include', 'dist/**/*.js', '--exclude-after-remap=false']
  const c8 = ['node_modules/.bin/c8', 'report', ...source, '--reporter=json', '--reports-dir', children]
  await run(process.execPath, c8, { cwd: ROOT, show: true })

  /** @type {Map<string, File>} */
  const files = new Map()
  for (const report of filesUnder(reports, /coverage-final\.json$/))
    addTypeScript(files, path.join(reports, report))
  for (const counts of filesUnder(build, /\.gcda$/)) addCpp(files, build, counts)
  print(files)
  return passed.every(Boolean)
}

runProgram(HELP, main)
