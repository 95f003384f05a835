'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { run } = require('../run.js')

/**
 * Runs a script through the compiled library, in a process of its own.
 *
 * @param {string} root
 * @param {string} script an expression that gives a promise of what to say; the library's path is `process.argv[1]`
 * @returns {Promise<{ detail: string, failure?: string }>}
 */
async function runThroughPackage(root, script) {
  const library = path.join(root, 'dist', 'index.js')
  if (!fs.existsSync(library))
    return { detail: '', failure: `${library} is missing: the library is not compiled.` }
  const wrapped = `const say = answer => process.stdout.write('\\n' + JSON.stringify(answer))
    ${script}.then(
      detail => say({ detail }),
      error => say({ detail: '', failure: [error.code, error.message].filter(Boolean).join(': ') }),
    )`
  const { output } = await run(process.execPath, ['--no-warnings', '-e', wrapped, library])
  try {
    // LibTorch may have written warnings before it.
    return JSON.parse(output.slice(output.lastIndexOf('\n')))
  } catch {
    return { detail: '', failure: output.trim() || 'the process ended without a word' }
  }
}

module.exports = { runThroughPackage }
