#!/usr/bin/env node
'use strict'

// npm run sanitize: the tests of the native code with GCC's AddressSanitizer, LeakSanitizer and UBSan in it.

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { findLibTorch } = require('../../scripts/libtorch/find.js')
const { Problem, reason } = require('../../scripts/problem.js')
const { requireBuildTools } = require('../../scripts/programs.js')
const { buildApart } = require('../../tools/cmake.js')

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

/** Finds the libraries to load before Node.js: the sanitizers, and the C++ library whose exceptions they watch. */
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
async function main(args) {
  const libtorch = findLibTorch()
  if (libtorch === undefined) throw new Problem('LibTorch was not found.', 'npm run setup')
  requireBuildTools()
  const options = ['-DCMAKE_BUILD_TYPE=Sanitize', `-DCMAKE_CXX_FLAGS_SANITIZE=${FLAGS}`]
  await buildApart(
    path.join(FOLDER, 'build'),
    [...options, `-DLIBTORCH=${libtorch.folder}`],
    'with the sanitizers',
  )
  fs.rmSync(REPORTS, { recursive: true, force: true })
  fs.mkdirSync(REPORTS)
  // Reports go to files, the tests' own processes included; what those leave unfreed is no failure by itself.
  const logs = `log_path=${path.join(REPORTS, 'report')}:exitcode=0`
  const tests = args.some(arg => !arg.startsWith('-')) ? [] : TESTS
  const jest = ['node_modules/.bin/jest', '-i', ...tests, ...args]
  const { status } = spawnSync(process.execPath, jest, {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      DCGAN_LONG_TESTS: '1',
      LIBTORCH: libtorch.folder,
      LIBTORCH_DCGAN_PREBUILD: FOLDER,
      LD_PRELOAD: runtime().join(':'),
      ASAN_OPTIONS: `${logs}:detect_leaks=1`,
      // Its reports go to standard error in any case, and it ends the process: the test fails.
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  })
  const reports = fs.readdirSync(REPORTS).map(name => fs.readFileSync(path.join(REPORTS, name), 'utf8'))
  const ours = reports.flatMap(findings)
  for (const finding of ours) process.stderr.write(`\n${finding}\n`)
  process.stderr.write(
    `${ours.length} findings in our code; the reports of ${reports.length} processes are in ${REPORTS}\n`,
  )
  if (status !== 0 || ours.length > 0) process.exitCode = 1
}

const args = process.argv.slice(2)
if (args.includes('--help')) process.stdout.write(`${HELP}\n`)
else
  main(args).catch(error => {
    process.stderr.write(`${error instanceof Problem ? error.text : reason(error)}\n`)
    process.exitCode = 1
  })
