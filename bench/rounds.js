import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** The most memory this process ever held, in MiB. */
export function peakMiB() {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}

/**
 * A contender's side of the conversation: one line out when it is warm, then one line of figures for each line in;
 * it ends when stdin does.
 *
 * @param {object} about
 * @param {() => Promise<object> | object} oneRound
 */
export async function serve(about, oneRound) {
  const say = figures => process.stdout.write(`${JSON.stringify(figures)}\n`)
  say(about)
  for await (const _ of createInterface({ input: process.stdin })) {
    say({ ...(await oneRound()), peakMiB: peakMiB() })
  }
  process.exit()
}
