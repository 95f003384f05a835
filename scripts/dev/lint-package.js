#!/usr/bin/env node
'use strict'

// npm run lint:package: whether the packed package's exports and types are what every kind of importer expects.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { pack } = require('./pack.js')

const ROOT = path.join(__dirname, '..', '..')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'libtorch-dcgan-pack-'))
try {
  const { tarball } = pack(folder)
  for (const [program = '', ...args] of [
    ['publint', 'run', tarball, '--strict'],
    // Node.js before 12 knew no entry points of a package but the main one.
    ['attw', tarball, '--profile', 'node16'],
  ]) {
    const { status } = spawnSync(path.join(ROOT, 'node_modules', '.bin', program), args, { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
