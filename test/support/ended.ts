import type { ChildProcess, ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** The end of a process, and what it wrote. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Waits for the end of a process. Calls `onOutput` with everything that it wrote so far, whenever there is more. */
export function ended(
  child: ChildProcessByStdio<Writable | null, Readable, Readable>,
  onOutput?: (text: string, child: ChildProcess) => void,
): Promise<Ended> {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', text => {
      output[name] += text
      onOutput?.(output.stdout + output.stderr, child)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...output }))
  })
}
