'use strict'

// Lets a script of a developer's require the TypeScript of lib/ and test/, as Jest does: it is stripped by swc.

const fs = require('node:fs')
const Module = require('node:module')
const { transformSync } = require('@swc/core')

/** @type {any} */
const internals = Module
const resolve = internals._resolveFilename

/** @param {string} request @param {unknown[]} rest */
internals._resolveFilename = (request, ...rest) => {
  // TypeScript names a module by the file that it becomes.
  const source = request.replace(/^(\.{1,2}\/.*)\.js$/, '$1.ts')
  try {
    return resolve(request, ...rest)
  } catch (error) {
    if (source === request) throw error
    return resolve(source, ...rest)
  }
}

/** @param {any} module @param {string} filename */
internals._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(fs.readFileSync(filename, 'utf8'), {
    filename,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  })
  module._compile(code, filename)
}
