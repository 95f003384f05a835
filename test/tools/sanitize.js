#!/usr/bin/env node
'use strict'

// npm run check -- sanitize: the tests of the native code with GCC's AddressSanitizer, LeakSanitizer and UBSan in it.

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { failure } = require('../../dist/setup/failure.js')
const { buildInstrumented } = require('./instrumented.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')
const FLAGS = '-O1 -g1 -DNDEBUG -fsanitize=address,undefined -fno-sanitize-recover -fno-omit-frame-pointer'
const TESTS = [
  'test/process/(lifecycle|workers|cluster|kill|fuzz)',
  'test/(arguments|dcgan|serving|average|parity|determinism)',
]

const HELP = `Usage: npm run check -- sanitize [jest's arguments]

Builds the addon and the engine with GCC's sanitizers in a folder of their own, and runs the tests that use them, or
those that are named. LibTorch and Node.js stay as they are: what is found is in our code, or freed by it wrongly.
Ends with 1 where a test fails or a sanitizer reports something.`

/** Finds the libraries to load before Node.js: the sanitizers, and the C++ library whose exceptions they watch. */
function runtime() {
  const names = ['libasan.so', 'libubsan.so', 'libstdc++.so']
  return names.map(name => {
    const file = execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    if (!path.isAbsolute(file))
      throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `GCC has no ${name}.`, 'Install it with the compiler.')
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

/** @param {string[]} args jest's */
async function main(args) {
  const { folder, env } = await buildInstrumented('sanitize', FLAGS, 'with the sanitizers')
  const logs = path.join(folder, 'reports')
  fs.rmSync(logs, { recursive: true, force: true })
  fs.mkdirSync(logs)
  // Reports go to files, the tests' own processes included; what those leave unfreed is no failure by itself.
  const tests = args.some(arg => !arg.startsWith('-')) ? [] : TESTS
  const jest = ['node_modules/.bin/jest', '-i', ...tests, ...args]
  const { status } = spawnSync(process.execPath, jest, {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...env,
      DCGAN_LONG_TESTS: '1',
      LD_PRELOAD: runtime().join(':'),
      ASAN_OPTIONS: `log_path=${path.join(logs, 'report')}:exitcode=0:detect_leaks=1`,
      // Its reports go to standard error in any case, and it ends the process: the test fails.
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  })
  const reports = fs.readdirSync(logs).map(name => fs.readFileSync(path.join(logs, name), 'utf8'))
  const ours = reports.flatMap(findings)
  for (const finding of ours) process.stderr.write(`\n${finding}\n`)
  process.stderr.write(
    `${ours.length} findings in our code; the reports of ${reports.length} processes are in ${logs}\n`,
  )
  return status === 0 && ours.length === 0
}

runProgram(HELP, main)
