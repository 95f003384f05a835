import fc from 'fast-check'
import type { Kind } from './kind.js'

/** Calls in a sequence at most. */
const CALLS = 12

/** Sequences of calls of the built library. */
export function callsOf(): Kind {
  // Required here: these need the built library, which the tests of files do without.
  const { allCommands } = require('../calls/commands.js')
  const { Stage } = require('../calls/stage.js')
  process.removeAllListeners('warning')
  process.on('warning', () => {})
  return {
    async run({ seed }) {
      const stage = new Stage()
      // With its bias fast-check would begin with the smallest values, and each sequence is a beginning.
      const all: fc.Arbitrary<fc.AsyncCommand<object, unknown>>[] = allCommands(stage)
      const commands = fc.noBias(fc.commands(all, { maxCommands: CALLS, size: 'max' }))
      const property = fc.asyncProperty(commands, given =>
        fc.asyncModelRun(() => ({ model: {}, real: stage }), given),
      )
      const options = { seed, numRuns: 1, endOnFailure: true }
      const { failed, counterexample, errorInstance } = await fc.check(property, options)
      if (failed) stage.faults.push((errorInstance as Error).stack)
      await stage.end()
      if (stage.faults.length > 0) throw new Error(`${stage.faults.join('\n')} in ${counterexample ?? 'it'}`)
      return stage.calls
    },
  }
}
