import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(__dirname, '..', '..')

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  seconds: number
}

/** What every script begins with. */
const PRELUDE = `'use strict'
const { DCGAN } = require(${JSON.stringify(join(ROOT, 'dist', 'index.js'))})
const model = options => new DCGAN({ batchSize: 4, seed: 7, device: 'cpu', threads: 1, outputDim: 2, ...options })
const images = count => ({
  images: Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251), count, width: 28, height: 28,
})
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
  /** Called with everything on standard output and error so far, whenever there is more. */
  onOutput?: (text: string, child: ChildProcess) => void
}

function runNode(args: string[], { cwd, env, onOutput }: RunOptions): Promise<Ended> {
  const begin = performance.now()
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', text => {
      output[name] += text
      onOutput?.(output.stdout + output.stderr, child)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ code, signal, ...output, seconds: (performance.now() - begin) / 1000 })
    })
  })
}
