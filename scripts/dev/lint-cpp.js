#!/usr/bin/env node
'use strict'

// Checks the layout of the C++ sources against .clang-format; with --write, changes it.

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { filesUnder } = require('../files/stamp.js')

const ROOT = path.join(__dirname, '..', '..')
const files = filesUnder(ROOT, ['binding', path.join('test', 'binding')], /\.(cc|h|cu)$/)
if (files.length > 0) {
  const program = path.join(
    path.dirname(require.resolve('clang-format-node/package.json')),
    'build',
    'cli.js',
  )
  const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror']
  const { status } = spawnSync(process.execPath, [program, ...mode, ...files], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}
