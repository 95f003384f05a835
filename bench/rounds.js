import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { median } from './statistics.js'

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

/**
 * Serves rounds of `samples` calls, one after the other. A round's figure is the median of their times.
 *
 * @param {object} about
 * @param {() => Promise<unknown>} call
 * @param {{ samples: number, warmUp?: number, images?: number }} options `warmUp`: calls before the first round;
 *   `images`: how many images a call makes, if it is not the requested number
 */
export async function serveCalls(about, call, { samples, warmUp = 10, images }) {
  const oneRound = async count => {
    const times = []
    for (let i = 0; i < count; i++) {
      const begin = performance.now()
      await call()
      times.push((performance.now() - begin) / 1000)
    }
    return { seconds: median(times), images }
  }
  await oneRound(warmUp)
  await serve(about, () => oneRound(samples))
}
