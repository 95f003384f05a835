import path from 'node:path'
import { findProgram, query } from './programs.js'
import { type Ended, run } from './run.js'

/**
 * Returns the options of a Python process that takes no module from the current folder: a pip.py there would run in
 * place of pip. This folder holds no Python. An empty or relative part of PYTHONPATH leads here too.
 */
function safely() {
  return { cwd: __dirname, env: { ...process.env, PYTHONSAFEPATH: '1' } }
}

/** Finds the Python interpreters of this user, the best one first, as absolute paths. */
export function* pythons(): Generator<string> {
  const { PYTHON, VIRTUAL_ENV } = process.env
  const inVenv = VIRTUAL_ENV ? [path.join(VIRTUAL_ENV, 'bin', 'python')] : []
  for (const name of PYTHON ? [PYTHON] : [...inVenv, 'python3', 'python']) {
    const found = findProgram(name)
    if (found !== undefined) yield behindShim(found)
  }
}

/** pyenv, asdf and mise choose the interpreter by the current folder. */
function behindShim(file: string): string {
  if (path.basename(path.dirname(file)) !== 'shims') return file
  // Isolated (-I), Python takes no module from the current folder.
  const chosen = query(file, ['-I', '-c', 'import sys; print(sys.executable)']) ?? ''
  return path.isAbsolute(chosen) ? chosen : file
}

/** Calls `query` with a Python. */
export function queryPython(python: string, args: string[], limit?: number): string | undefined {
  return query(python, args, { ...safely(), ...(limit && { limit }) })
}

/** Calls `run` with a Python. */
export function runPython(python: string, args: string[], show: boolean): Promise<Ended> {
  return run(python, args, { ...safely(), show })
}
