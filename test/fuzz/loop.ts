import { inspect } from 'node:util'
import type { Kind, Outcomes } from './kinds/kind.js'
import { Mutator } from './mutator.js'

export interface Runs {
  seed: number
  /** The number of the first run, and the one after the last. */
  first: number
  end: number
}

/** Makes runs of a kind. Calls `begin` before each, and `find` with whatever must not happen. */
export async function loop(
  kind: Kind,
  { seed, first, end }: Runs,
  begin: (run: number) => unknown,
  find: (run: number, what: string) => unknown,
): Promise<{ outcomes: Outcomes; slowest: number }> {
  const outcomes: Outcomes = {}
  let slowest = 0
  for (let run = first; run < end; run++) {
    await begin(run)
    const start = performance.now()
    try {
      // A generator of its own for each run, so that any of them can be repeated alone.
      const more = await kind.run(new Mutator(Math.imul(seed, 0x9e3779b1) ^ run))
      for (const [name, times] of Object.entries(more)) outcomes[name] = (outcomes[name] ?? 0) + times
    } catch (error) {
      await find(run, inspect(error).slice(0, 4000))
    }
    slowest = Math.max(slowest, performance.now() - start)
    // Unhandled rejections are reported before the next run begins.
    await new Promise(setImmediate)
  }
  return { outcomes, slowest }
}
