#!/usr/bin/env node
'use strict'

// npm runs this after it has installed the packages of a clone, or of a dependency that is a git repository: it compiles
// lib/. Set-up's own `npm ci` leaves that to the set-up.

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../scripts/problem.js')
const { buildLibrary } = require('./library.js')

const ROOT = path.join(__dirname, '..')
// A clone that an application links to may have no packages yet: its set-up is still to come.
const installed = fs.existsSync(path.join(ROOT, 'node_modules', 'typescript'))

if (installed && process.env.LIBTORCH_DCGAN_SKIP_PREPARE !== '1') {
  buildLibrary(ROOT).catch(error => {
    process.stderr.write(`${error instanceof Problem ? error.text : error.stack}\n`)
    process.exitCode = 1
  })
}
