#!/usr/bin/env node
'use strict'

// npm run test:native: builds and runs the tests of binding/ that need no JavaScript, at this processor's level and
// at those below it.

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { findLibTorch } = require('../../scripts/libtorch/find.js')
const { requireBuildTools, which } = require('../../scripts/programs.js')
const { LEVELS } = require('./levels.js')

const ROOT = path.join(__dirname, '..', '..')
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'libtorch-dcgan', 'native-tests')

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(program, args, env = process.env) {
  if (spawnSync(program, args, { cwd: ROOT, env, stdio: 'inherit' }).status !== 0) process.exit(1)
}

const libtorch = findLibTorch()
if (libtorch === undefined) {
  console.error('There is no LibTorch. Run npm run setup first.')
  process.exit(1)
}
requireBuildTools()
const generator = which('ninja') === undefined ? [] : ['-G', 'Ninja']
run('cmake', ['-S', ROOT, '-B', FOLDER, ...generator, '-DDCGAN_TESTS=ON', `-DLIBTORCH=${libtorch.folder}`])
run('cmake', ['--build', FOLDER, '--parallel', '2', '--target', 'kernels_test', 'loops_test', 'queue_test'])
for (const { variables } of LEVELS) {
  run('ctest', ['--test-dir', FOLDER, '--output-on-failure'], { ...process.env, ...variables })
}
