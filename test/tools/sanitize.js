#!/usr/bin/env node
'use strict'

// npm run check -- sanitize: the tests of the native code with GCC's sanitizers in it. The first build has those of memory
// and of undefined behaviour, the second one has ThreadSanitizer: one build cannot have both.

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { failure } = require('../../dist/internal/failure.js')
const { buildInstrumented } = require('./instrumented.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')
const FLAGS = '-O1 -g1 -DNDEBUG -fno-omit-frame-pointer'

/**
 * @typedef {object} Sanitizers
 * @property {string} name of the build's folder
 * @property {string} what for messages
 * @property {string} flags the compiler's
 * @property {string[]} libraries to load before Node.js: the sanitizers, and the C++ library, to watch its exceptions
 * @property {string[]} tests jest's arguments
 * @property {(logs: string) => NodeJS.ProcessEnv} env `logs`: the beginning of the names of reports
 * @property {(report: string) => string[]} findings the parts of a report that are about our code
 */

/** @type {Sanitizers} */
const MEMORY = {
  name: 'sanitize',
  what: 'with AddressSanitizer, LeakSanitizer and UBSan',
  flags: '-fsanitize=address,undefined -fno-sanitize-recover',
  libraries: ['libasan.so', 'libubsan.so', 'libstdc++.so'],
  tests: [
    'test/process/(lifecycle|workers|cluster|kill|fuzz)',
    'test/(hostile/arguments|dcgan|sampling|training/(average|parity|determinism))',
  ],
  // Reports go to files, the tests' own processes included; what those leave unfreed is no failure by itself. UBSan
  // reports on standard error in any case, and ends the process: the test fails.
  env: logs => ({
    ASAN_OPTIONS: `log_path=${logs}:exitcode=0:detect_leaks=1`,
    UBSAN_OPTIONS: 'print_stacktrace=1',
  }),
  // V8 and Node.js leave most of what they have to the end of the process, promises that nobody settles among it. Of
  // leaks, those count that our code allocated.
  findings: report =>
    report.split(/\n\s*\n/).filter(block => {
      if (!/leak of \d+ byte/.test(block)) return /runtime error|ERROR: AddressSanitizer/.test(block)
      return isOurs(framesOf(block)[0] ?? '')
    }),
}

/** @type {Sanitizers} */
const THREADS = {
  name: 'sanitize-threads',
  what: 'with ThreadSanitizer',
  // A header of LibTorch has a fence, which ThreadSanitizer does not see.
  flags: '-fsanitize=thread -Wno-tsan',
  libraries: ['libtsan.so', 'libstdc++.so'],
  // Without the test that counts the memory of two hundred models: ThreadSanitizer multiplies it.
  tests: ['test/process/(lifecycle|workers)', 'test/(sampling|dcgan/stop)', '-t', '^(?!two hundred)'],
  // Synchronisation inside Node.js and LibTorch is not seen, so their accesses to memory are left out.
  env: logs => ({
    TSAN_OPTIONS: `log_path=${logs}:exitcode=0:ignore_noninstrumented_modules=1:history_size=4`,
  }),
  findings: report =>
    report
      .split(/^=+$/m)
      .filter(block => /WARNING: ThreadSanitizer/.test(block) && framesOf(block).some(isOurs)),
}

const HELP = `Usage: npm run check -- sanitize [--threads | --memory] [jest's arguments]

Builds our libraries with GCC's sanitizers in folders of their own, and runs the C++ test of the queue and the
tests that use them, or those that are named: once with AddressSanitizer, LeakSanitizer and UBSan, and once with ThreadSanitizer. LibTorch and
Node.js have no sanitizers: findings are about our code, or about memory that our code freed or passed on wrongly.
Ends with 1 where a test fails or a sanitizer reports something.

  --memory, --threads   one of the two alone`

/** @param {string[]} names */
function runtime(names) {
  return names.map(name => {
    const file = execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    if (!path.isAbsolute(file))
      throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `GCC has no ${name}.`, 'Install it with the compiler.')
    return file
  })
}

/** The frames of a report that are not the sanitizer's or the C++ library's. @param {string} block */
function framesOf(block) {
  return block
    .split('\n')
    .filter(line => /^\s+#\d/.test(line) && !/sanitizer|libasan|libtsan|\/c\+\+\//.test(line))
}

/** @param {string} frame */
function isOurs(frame) {
  return /dcgan|binding\//.test(frame)
}

/**
 * Runs the tests with some sanitizers.
 *
 * @param {Sanitizers} sanitizers
 * @param {string[]} args jest's
 */
async function sanitize({ name, what, flags, libraries, tests, env, findings }, args) {
  const built = await buildInstrumented(name, `${FLAGS} ${flags}`, what, ['-DDCGAN_TESTS=ON'])
  const logs = path.join(built.folder, 'reports')
  fs.rmSync(logs, { recursive: true, force: true })
  fs.mkdirSync(logs)
  const variables = { ...process.env, ...built.env, ...env(path.join(logs, 'report')), DCGAN_LONG_TESTS: '1' }
  const run = (/** @type {string} */ program, /** @type {string[]} */ parameters, preload = '') => {
    const options = { cwd: ROOT, env: { ...variables, LD_PRELOAD: preload } }
    return spawnSync(program, parameters, { ...options, stdio: 'inherit' }).status === 0
  }
  const named = args.some(arg => !arg.startsWith('-'))
  const jest = ['node_modules/.bin/jest', '-i', ...(named ? [] : tests), ...args]
  const passed = [
    // The other C++ tests crash: they choose functions for the processor before the sanitizer is ready.
    run(path.join(built.build, 'queue_test'), []),
    run(process.execPath, jest, runtime(libraries).join(':')),
  ].every(Boolean)
  const reports = fs.readdirSync(logs).map(report => fs.readFileSync(path.join(logs, report), 'utf8'))
  const ours = reports.flatMap(findings)
  for (const finding of ours) process.stderr.write(`\n${finding}\n`)
  process.stderr.write(
    `${what}: ${ours.length} findings in our code; the reports of ${reports.length} processes are in ${logs}\n`,
  )
  return passed && ours.length === 0
}

/** @param {string[]} args */
async function main(args) {
  const byFlag = { '--memory': MEMORY, '--threads': THREADS }
  const chosen = Object.entries(byFlag).flatMap(([flag, sanitizers]) =>
    args.includes(flag) ? [sanitizers] : [],
  )
  const rest = args.filter(arg => !(arg in byFlag))
  const results = []
  for (const sanitizers of chosen.length > 0 ? chosen : [MEMORY, THREADS])
    results.push(await sanitize(sanitizers, rest))
  return results.every(Boolean)
}

runProgram(HELP, main)
