#!/usr/bin/env node
'use strict'

// npm run check: the checks that take minutes, or need something that not every machine has.

const { spawnSync } = require('node:child_process')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')

/** @typedef {{ what: string, script?: string, args?: string[], tests?: string, env?: NodeJS.ProcessEnv }} Check */

/** @type {Record<string, Check>} */
const CHECKS = {
  arm64: {
    what: 'tests the packed tarball on linux-arm64, emulated',
    tests: 'test/arm64',
    env: { DCGAN_LONG_TESTS: 'only', ARM64_TEST: 'full' },
  },
  coverage: { what: 'prints the lines and branches that the quick tests reach', script: 'coverage.js' },
  cuda: {
    what: 'on a machine with a GPU: checks training and sampling, and measures the step',
    script: 'check-cuda.js',
  },
  'cuda-build': {
    what: 'compiles, links and loads against a LibTorch with CUDA',
    script: 'check-cuda-build.js',
  },
  fuzz: { what: 'makes calls in random order with hostile arguments', script: '../fuzz/fuzz.js' },
  'fuzz-files': {
    what: 'damages state, IDX, PNG and ZIP files, and checks that reading them succeeds or fails correctly',
    script: '../fuzz/fuzz.js',
    args: ['--kind', 'files'],
  },
  native: {
    what: 'runs the C++ tests of binding/, at each level of the processor',
    script: 'test-native.js',
  },
  package: {
    what: 'installs the packed tarball in applications, also from source',
    tests: 'test/package',
    env: { DCGAN_LONG_TESTS: 'only', PACKAGE_TEST: 'full' },
  },
  parity: {
    what: "compares the step with PyTorch's, and prints the tables of docs/parity.md",
    tests: 'test/training/parity.test.ts',
    env: { DCGAN_LONG_TESTS: '1', PARITY_TABLE: '1' },
  },
  platforms: {
    what: 'runs the packed tarball in bundlers, frameworks and other runtimes, all from npm',
    tests: 'test/platforms',
    env: { DCGAN_LONG_TESTS: 'only', PLATFORM_TEST: 'full' },
  },
  processors: {
    what: 'runs the numeric tests at each level of the processor, with 1, 2 and 4 threads',
    script: 'test-processors.js',
  },
  sanitize: {
    what: "runs the native tests with GCC's sanitizers in our libraries",
    script: 'sanitize.js',
  },
}

const HELP = `Usage: npm run check -- <name> [its options]

${Object.entries(CHECKS)
  .map(([name, { what }]) => `  ${name.padEnd(11)}  ${what}`)
  .join('\n')}
`

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] @returns {number} the exit code */
function node(args, env) {
  const options = /** @type {const} */ ({ cwd: ROOT, stdio: 'inherit' })
  return spawnSync(process.execPath, args, { ...options, env: { ...process.env, ...env } }).status ?? 1
}

const [name = '', ...args] = process.argv.slice(2)
const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
if (check === undefined) {
  const helped = name === '--help' || name === '-h'
  ;(helped ? process.stdout : process.stderr).write(HELP)
  process.exitCode = helped ? 0 : 2
} else if (check.script !== undefined) {
  process.exitCode = node([path.join(__dirname, check.script), ...(check.args ?? []), ...args])
} else {
  const jest = [path.join('node_modules', '.bin', 'jest'), String(check.tests), ...args]
  process.exitCode = node(['scripts/setup.js']) || node(jest, check.env)
}
