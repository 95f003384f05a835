#!/usr/bin/env node
'use strict'

// npm runs this after it has installed the packages of a clone, or of a dependency that is a git repository.

const fs = require('node:fs')
const path = require('node:path')
const { compile } = require('../scripts/setup.js')

// A clone that an application links to may have no packages yet: its set-up is still to come.
if (fs.existsSync(path.join(__dirname, '..', 'node_modules', 'typescript'))) compile()
