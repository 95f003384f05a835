'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { findLibTorch } = require('../../dist/setup/find.js')
const { findProgram, requireBuildTools } = require('../../dist/setup/programs.js')

const ROOT = path.join(__dirname, '..', '..')
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'libtorch-dcgan', 'native-tests')

/** Runs a program in the clone, and ends this process if it fails. @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(program, args, env = process.env) {
  if (spawnSync(program, args, { cwd: ROOT, env, stdio: 'inherit' }).status !== 0) process.exit(1)
}

/**
 * Builds programs in C++ that are no part of the package (CMakeLists.txt, DCGAN_TESTS).
 *
 * @param {string[]} targets
 * @returns {{ folder: string, libtorch: string }} the folder with the programs, and that of LibTorch
 */
function buildNative(targets) {
  const libtorch = findLibTorch()
  if (libtorch === undefined) {
    console.error('There is no LibTorch. Run npm run setup first.')
    process.exit(1)
  }
  requireBuildTools()
  const generator = findProgram('ninja') === undefined ? [] : ['-G', 'Ninja']
  run('cmake', ['-S', ROOT, '-B', FOLDER, ...generator, '-DDCGAN_TESTS=ON', `-DLIBTORCH=${libtorch.folder}`])
  run('cmake', ['--build', FOLDER, '--parallel', '2', '--target', ...targets])
  return { folder: FOLDER, libtorch: libtorch.folder }
}

module.exports = { buildNative, run }
