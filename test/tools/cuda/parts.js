'use strict'

// The parts that check-cuda.js runs in a process each: node parts.js PART DEVICE. The last line has the rows, as JSON.

/** The parts, and the files that they are in: one that cannot be loaded fails by itself. @type {Record<string, string>} */
const FILES = {
  parity: './parity.js',
  determinism: './determinism.js',
  resume: './determinism.js',
  sampling: './sampling.js',
  stopping: './stopping.js',
  sharing: './stopping.js',
  processes: './processes.js',
  memory: './memory.js',
}

if (require.main === module) {
  const [name = '', device = ''] = process.argv.slice(2)
  require(String(FILES[name]))
    [name](device)
    .then(
      (/** @type {import('./support.js').Row[]} */ rows) => {
        process.stdout.write(`\n${JSON.stringify({ rows })}`)
      },
      (/** @type {Error} */ error) => {
        process.stderr.write(`${error.stack}\n`)
        process.exitCode = 1
      },
    )
}

module.exports = { PARTS: Object.keys(FILES) }
