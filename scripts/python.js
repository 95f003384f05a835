'use strict'

const path = require('node:path')
const { ask, which } = require('./programs.js')
const { run } = require('./run.js')

/**
 * Options of a Python process that takes no module from the current folder: a pip.py there would run in place of pip.
 * This folder holds no Python, and who may write to it may change set-up itself. An empty or relative part of
 * PYTHONPATH leads here too.
 */
const safely = () => ({ cwd: __dirname, env: { ...process.env, PYTHONSAFEPATH: '1' } })

/** Finds the Python interpreters of this user, the best one first, as absolute paths. */
function* pythons() {
  const { PYTHON, VIRTUAL_ENV } = process.env
  const inVenv = VIRTUAL_ENV ? [path.join(VIRTUAL_ENV, 'bin', 'python')] : []
  for (const name of PYTHON ? [PYTHON] : [...inVenv, 'python3', 'python']) {
    const found = which(name)
    if (found !== undefined) yield behindShim(found)
  }
}

/** pyenv, asdf and mise choose the interpreter by the current folder. @param {string} file */
function behindShim(file) {
  if (path.basename(path.dirname(file)) !== 'shims') return file
  // Isolated (-I), Python takes no module from the current folder.
  const chosen = ask(file, ['-I', '-c', 'import sys; print(sys.executable)']) ?? ''
  return path.isAbsolute(chosen) ? chosen : file
}

/** As `ask`. @param {string} python @param {string[]} args @param {number} [limit] */
const askPython = (python, args, limit) => ask(python, args, { ...safely(), ...(limit && { limit }) })

/** As `run`. @param {string} python @param {string[]} args @param {boolean} show */
const runPython = (python, args, show) => run(python, args, { ...safely(), show })

module.exports = { askPython, pythons, runPython }
