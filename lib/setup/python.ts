import path from 'node:path'
import { findProgram, query } from './programs.js'

/**
 * Returns the options of a Python process that takes no module from the current folder: a pip.py there would run in
 * place of pip. This folder holds no Python. An empty or relative part of PYTHONPATH leads here too.
 */
export function safely() {
  return { cwd: __dirname, env: { ...process.env, PYTHONSAFEPATH: '1' } }
}

/** Finds the Python interpreters of this user, the best one first, as absolute paths. */
export function* pythons(): Generator<string> {
  const { PYTHON, VIRTUAL_ENV } = process.env
  const inVenv = VIRTUAL_ENV ? [path.join(VIRTUAL_ENV, 'bin', 'python')] : []
  for (const name of PYTHON ? [PYTHON] : [...inVenv, 'python3', 'python']) {
    const found = findProgram(name)
    if (found === undefined) continue
    // pyenv, asdf and mise choose the interpreter by the current folder. Isolated (-I), Python takes no module from it.
    const shim = path.basename(path.dirname(found)) === 'shims'
    const chosen = shim && query(found, ['-I', '-c', 'import sys; print(sys.executable)'])
    yield chosen && path.isAbsolute(chosen) ? chosen : found
  }
}
