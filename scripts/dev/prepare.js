#!/usr/bin/env node
'use strict'

// What npm runs after it has installed the packages of a clone, or of a dependency that is a git repository:
// compiles lib/. Set-up's own `npm ci` leaves that to the set-up.

const path = require('node:path')
const { Problem } = require('../problem.js')
const { buildLibrary } = require('./library.js')
const { Terminal } = require('../terminal.js')

if (process.env.LIBTORCH_DCGAN_SKIP_SETUP !== '1') {
  buildLibrary(path.join(__dirname, '..', '..'), new Terminal()).catch(error => {
    process.stderr.write(`${error instanceof Problem ? error.text : error.stack}\n`)
    process.exitCode = 1
  })
}
