#!/usr/bin/env node
'use strict'

// npm runs this after it has installed the packages of a clone, or of a dependency that is a git repository: it compiles
// lib/. Set-up's own `npm ci` leaves that to the set-up. A package from npm is compiled, and holds no tools.

const fs = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '..')
const compiler = path.join(ROOT, 'tools', 'library.js')
// A clone that an application links to may have no packages yet: its set-up is still to come.
const installed = fs.existsSync(path.join(ROOT, 'node_modules', 'typescript'))

if (fs.existsSync(compiler) && installed && process.env.LIBTORCH_DCGAN_SKIP_PREPARE !== '1') {
  require(compiler)
    .buildLibrary(ROOT)
    .catch((/** @type {Error & { text?: string }} */ error) => {
      process.stderr.write(`${error.text ?? error.stack}\n`)
      process.exitCode = 1
    })
}
