import { type ChildProcess, spawn } from 'node:child_process'
import readline from 'node:readline'
import { attempt } from '../internal/failure.js'

const running = new Set<ChildProcess>()

/**
 * Open lock files. The programs that set-up starts hold them too: if set-up is killed, they continue, and the next
 * set-up waits for their end.
 */
export const locks = new Set<number>()

interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  onLine?: (line: string) => void
  /** Writes the program's output to our standard error instead of keeping it. */
  show?: boolean
  /** The open file that it reads. */
  input?: number
}

/** Runs a program to its end. Its status is 127 if it could not be started. */
export function run(
  program: string,
  args: string[],
  { cwd = '.', env = process.env, onLine, show = false, input }: RunOptions = {},
): Promise<{ status: number; output: string }> {
  const target = show ? process.stderr : 'pipe'
  // A program with an input is flock, which may wait for long.
  const held = input === undefined ? locks : []
  const stdio = [input ?? 'ignore', target, target, ...held] as const
  return new Promise(resolve => {
    // In a process group of its own, so that what it starts (CMake, Ninja, the compiler) can be ended with it.
    const child = spawn(program, args, { cwd, env, detached: true, stdio: [...stdio] })
    running.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        output += text
      })
      if (stream && onLine) readline.createInterface({ input: stream }).on('line', onLine)
    }
    const end = (status: number, note: string) => {
      running.delete(child)
      resolve({ status, output: output + note })
    }
    child.once('error', error => end(127, error.message))
    child.once('close', (status, signal) => end(status ?? 1, signal ? `\nended by ${signal}` : ''))
  })
}

/** Ends the programs that still run. */
export function stopAll(): void {
  // One may have just ended by itself.
  for (const { pid } of running) attempt(() => pid !== undefined && process.kill(-pid, 'SIGTERM'))
}
