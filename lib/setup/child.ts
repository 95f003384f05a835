import { spawnSync } from 'node:child_process'
import { codeOf } from '../internal/failure.js'

// Loading LibTorch takes half a second; from a cold disk, on a busy machine, a minute.
const LIMIT_MS = 120_000

/** The answer of a script: what it returned, or the code and message of what it threw. */
interface Answer<T> {
  value?: T
  code?: string
  failure?: string
  /** True if the process ended without an answer. */
  crashed?: boolean
}

/** Runs the body of an asynchronous function in a process of its own, where a crash does no harm. */
export function runScript<T>(body: string, args: string[]): Answer<T> {
  const script = `
    const say = answer => process.stdout.write('\\n' + JSON.stringify(answer))
    ;(async ([a, b]) => {${body}})(process.argv.slice(1)).then(
      value => say({ value }),
      ({ code, message }) => say({ code, failure: message }),
    )`
  const options = { encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: Infinity } as const
  const argv = ['--no-warnings', '-e', script, ...args]
  const { signal, stdout, stderr, error } = spawnSync(process.execPath, argv, options)
  try {
    // LibTorch may have written warnings before it.
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n')))
  } catch {
    const silent = codeOf(error) === 'ETIMEDOUT' && `did not answer within ${LIMIT_MS / 1000} seconds`
    const end = signal ? `was ended by ${signal}` : `ended: ${stderr.trim()}`
    return { failure: `the process that loaded it ${silent || end}`, crashed: true }
  }
}
