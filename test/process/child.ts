import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, ended } from '../support/ended'

const ROOT = join(__dirname, '..', '..')

/** A process that ended as it should, and reported no crash. */
export const CLEAN = { code: 0, signal: null, stderr: '' }

/** The beginning of every script. */
const PRELUDE = `'use strict'
const { DCGAN, animate, loadMnist } = require(${JSON.stringify(join(ROOT, 'dist', 'index.js'))})
const model = options => new DCGAN({ batchSize: 4, latentDim: 8, seed: 7, device: 'cpu', threads: 1, outputDim: 2, ...options })
/** Grey levels i² mod 251, which repeat themselves: computing all of an epoch's takes seconds. */
const images = count => {
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < 251; i++) images[i] = (i * i) % 251
  for (let done = 251; done < images.length; done *= 2) images.copyWithin(done, 0, done)
  return { images, count, width: 28, height: 28 }
}
const later = ms => new Promise(resolve => setTimeout(resolve, ms))
`

/** Runs a script against the built library in a process of its own. */
export async function run(script: string, options: RunOptions = {}): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-child-'))
  const file = join(folder, 'script.js')
  writeFileSync(file, PRELUDE + script)
  try {
    return await runNode([...(options.flags ?? []), file], options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs the built command line. */
export function cli(args: string[], options: RunOptions = {}): Promise<Ended> {
  return runNode([join(ROOT, 'dist', 'cli', 'index.js'), ...args], options)
}

export interface RunOptions {
  /** Node's own flags. */
  flags?: string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** The most files that it may have open at once. */
  openFiles?: number
  /** Called with everything on standard output and error so far, whenever there is more. */
  onOutput?: (text: string, child: ChildProcess) => void
}

/** Runs Node.js with these arguments. */
export function runNode(args: string[], { cwd, env, openFiles, onOutput }: RunOptions): Promise<Ended> {
  const limited = openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`]
  const [command, ...rest] = [...limited, process.execPath, ...args] as [string, ...string[]]
  const child = spawn(command, rest, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ends a process that hangs before the test does, so that its output is shown.
    timeout: 200_000,
    killSignal: 'SIGKILL',
  })
  return ended(child, onOutput)
}
