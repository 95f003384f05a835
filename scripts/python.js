'use strict'

const path = require('node:path')
const { run } = require('./run.js')
const { ask, which } = require('./tools.js')

/** @typedef {import('./tools.js').Env} Env */

// Python looks for modules in its working folder first: a pip.py of the folder that set-up was started in would run
// in place of pip. This folder holds no Python, and who may write to it may change set-up itself.
const FOLDER = __dirname
// PYTHONPATH stays: an empty or relative part of it leads to FOLDER too.
const SAFE = { PYTHONSAFEPATH: '1' }

/** The Python interpreters to try, best first. @param {Env} env @returns {string[]} */
function pythons(env = process.env) {
  if (env.PYTHON) return [env.PYTHON]
  const inVenv = env.VIRTUAL_ENV ? [path.join(env.VIRTUAL_ENV, 'bin', 'python')] : []
  return [...inVenv, 'python3', 'python']
}

/** The first of these interpreters, as an absolute path. @param {string[]} names @param {Env} env */
function findPython(names, env) {
  const found = which(names, env)
  if (found === undefined) return undefined
  const file = path.resolve(found)
  if (path.basename(path.dirname(file)) !== 'shims') return file
  // pyenv, asdf and mise choose by the current folder. Isolated (-I), Python takes no module from there.
  const chosen = ask(file, ['-I', '-c', 'import sys; print(sys.executable)'], env)
  return chosen !== undefined && path.isAbsolute(chosen) ? chosen : file
}

/** As `ask`, with no module from the current folder. @param {string} python @param {string[]} args @param {Env} env @param {number} [limit] */
function askPython(python, args, env, limit) {
  return ask(python, args, { ...env, ...SAFE }, limit, FOLDER)
}

/** As `run`, with no module from the current folder. @param {string} python @param {string[]} args @param {Env} env @param {boolean} show */
function runPython(python, args, env, show) {
  return run(python, args, { env: { ...env, ...SAFE }, cwd: FOLDER, show })
}

module.exports = { askPython, findPython, pythons, runPython }
