#!/usr/bin/env node
'use strict'

// npm run sanitize: the tests of the native code with GCC's AddressSanitizer, LeakSanitizer and UBSan in it.

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { findLibTorch } = require('../../scripts/libtorch/find.js')
const { Problem, reason } = require('../../scripts/problem.js')
const { requireBuildTools, which } = require('../../scripts/programs.js')

const ROOT = path.join(__dirname, '..', '..')
// Apart from build/, and laid out as the loader wants it: LIBTORCH_DCGAN_PREBUILD names the folder above build/.
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'libtorch-dcgan', 'sanitize')
const REPORTS = path.join(FOLDER, 'reports')
const FLAGS = '-O1 -g1 -DNDEBUG -fsanitize=address,undefined -fno-sanitize-recover -fno-omit-frame-pointer'
const TESTS = [
  'test/process/(lifecycle|workers|cluster|kill|fuzz)',
  'test/(arguments|dcgan|serving|average|parity|determinism)',
]

const HELP = `Usage: npm run sanitize -- [jest's arguments]

Builds the addon and the engine with GCC's sanitizers in a folder of their own, and runs the tests that use them, or
those that are named. LibTorch and Node.js stay as they are: what is found is in our code, or freed by it wrongly.
Ends with 1 where a test fails or a sanitizer reports something.`

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(program, args, env = process.env) {
  return spawnSync(program, args, { cwd: ROOT, env, stdio: 'inherit' }).status === 0
}

/** @param {string} libtorch its folder */
function build(libtorch) {
  requireBuildTools()
  const folder = path.join(FOLDER, 'build')
  const generator = which('ninja') === undefined ? [] : ['-G', 'Ninja']
  const options = [
    '-DCMAKE_BUILD_TYPE=Sanitize',
    `-DCMAKE_CXX_FLAGS_SANITIZE=${FLAGS}`,
    `-DLIBTORCH=${libtorch}`,
  ]
  const built =
    run('cmake', ['-S', ROOT, '-B', folder, ...generator, ...options]) && run('cmake', ['--build', folder])
  if (!built) throw new Problem('The addon does not build with the sanitizers.')
}

/** What must be loaded before Node.js itself: the sanitizers, and the C++ library whose exceptions they watch. */
function runtime() {
  const names = ['libasan.so', 'libubsan.so', 'libstdc++.so']
  return names.map(name => {
    const file = execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    if (!path.isAbsolute(file)) throw new Problem(`GCC has no ${name}.`, 'Install it with the compiler.')
    return file
  })
}

/**
 * The findings of one report that are ours: errors, and leaks of what our code allocated. V8 and Node.js leave most
 * of what they have to the end of the process, promises that nobody settles among it.
 *
 * @param {string} report
 */
function findings(report) {
  return report.split(/\n\s*\n/).filter(block => {
    if (!/leak of \d+ byte/.test(block)) return /runtime error|ERROR: AddressSanitizer/.test(block)
    const frames = block
      .split('\n')
      .filter(line => /^\s+#\d/.test(line) && !/sanitizer|libasan|\/c\+\+\//.test(line))
    return /dcgan|binding\//.test(frames[0] ?? '')
  })
}

/** @param {string[]} args */
function main(args) {
  const libtorch = findLibTorch()
  if (libtorch === undefined) throw new Problem('LibTorch was not found.', 'npm run setup')
  build(libtorch.folder)
  fs.rmSync(REPORTS, { recursive: true, force: true })
  fs.mkdirSync(REPORTS)
  // Reports go to files, the tests' own processes included; what those leave unfreed is no failure by itself.
  const options = `log_path=${path.join(REPORTS, 'report')}:exitcode=0`
  const tests = args.some(arg => !arg.startsWith('-')) ? [] : TESTS
  const passed = run(process.execPath, ['node_modules/.bin/jest', '-i', ...tests, ...args], {
    ...process.env,
    DCGAN_LONG_TESTS: '1',
    LIBTORCH: libtorch.folder,
    LIBTORCH_DCGAN_PREBUILD: FOLDER,
    LD_PRELOAD: runtime().join(':'),
    ASAN_OPTIONS: `${options}:detect_leaks=1`,
    // It writes to standard error whatever it is told, and ends the process: the test fails.
    UBSAN_OPTIONS: 'print_stacktrace=1',
  })
  const reports = fs.readdirSync(REPORTS).map(name => fs.readFileSync(path.join(REPORTS, name), 'utf8'))
  const ours = reports.flatMap(findings)
  for (const finding of ours) process.stderr.write(`\n${finding}\n`)
  process.stderr.write(
    `${ours.length} findings in our code; the reports of ${reports.length} processes are in ${REPORTS}\n`,
  )
  if (!passed || ours.length > 0) process.exitCode = 1
}

try {
  const args = process.argv.slice(2)
  if (args.includes('--help')) process.stdout.write(`${HELP}\n`)
  else main(args)
} catch (error) {
  process.stderr.write(`${error instanceof Problem ? error.text : reason(error)}\n`)
  process.exitCode = 1
}
