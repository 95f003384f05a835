'use strict'

// A process of the fuzzer: node --expose-gc child.js <first seed> <seed after the last> <calls>

const fc = require('fast-check')
const { allCommands } = require('./commands.js')
const { Stage } = require('./stage.js')

const WARM_UP = 100
const [first = 0, end = 0, calls = 0] = process.argv.slice(2).map(Number)

const collect = /** @type {() => void} */ (globalThis.gc)

/** @param {Record<string, unknown>} message */
const tell = message => new Promise(resolve => process.send?.(message, resolve))

process.removeAllListeners('warning')
process.on('warning', () => {})
process.on('unhandledRejection', error => {
  void tell({
    kind: 'failed',
    what: `unhandled rejection: ${/** @type {any} */ (error)?.stack ?? String(error)}`,
  })
})

/** Resident megabytes, garbage aside. */
async function resident() {
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return process.memoryUsage().rss / 2 ** 20
}

/** @param {number} seed */
async function sequence(seed) {
  await tell({ kind: 'begin', seed })
  const stage = new Stage()
  // With its bias fast-check would begin with the smallest values, and each sequence is a beginning.
  const commands = fc.noBias(fc.commands(allCommands(stage), { maxCommands: calls, size: 'max' }))
  const property = fc.asyncProperty(commands, given =>
    fc.asyncModelRun(() => ({ model: {}, real: stage }), given),
  )
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: 1,
    endOnFailure: true,
  })
  if (failed) stage.faults.push(`${/** @type {any} */ (errorInstance)?.stack}`)
  await stage.end()
  for (const fault of stage.faults)
    await tell({ kind: 'failed', what: `${fault} in ${counterexample ?? 'it'}` })
  await tell({ kind: 'end', calls: stage.calls })
}

async function main() {
  let before = 0
  for (let seed = first; seed < end; seed++) {
    await sequence(seed)
    if (seed - first === WARM_UP) before = await resident()
  }
  if (before > 0) await tell({ kind: 'memory', mb: Math.round((await resident()) - before) })
  process.disconnect?.()
}

main().catch(error => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
