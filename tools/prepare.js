#!/usr/bin/env node
'use strict'

// npm runs this after it has installed the packages of a clone, or of a dependency that is a git repository. A package from
// npm is compiled, and holds nothing else of the set-up of a clone.

const fs = require('node:fs')
const path = require('node:path')

const at = (/** @type {string[]} */ ...names) => path.join(__dirname, '..', ...names)
// A clone that an application links to may have no packages yet: its set-up is still to come.
if ([at('scripts', 'setup.js'), at('node_modules', 'typescript')].every(file => fs.existsSync(file))) {
  require(at('scripts', 'setup.js')).compile()
}
