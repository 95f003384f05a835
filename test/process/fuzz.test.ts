import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

// A few sequences of the fuzzer; npm run check -- fuzz makes as many as one likes. FUZZ_RUNS raises their number here, where the
// sanitizers look on: FUZZ_RUNS=500 npm run check -- sanitize test/process/fuzz
const RUNS = process.env.FUZZ_RUNS ?? '25'

test('calls in any order, with any arguments, end with a result or with a code, and end', () => {
  const flags = ['--runs', RUNS, '--seed', '1', '--hang', '200', '--memory', '4000']
  const fuzz = join(__dirname, '..', 'fuzz', 'calls.js')
  const { status, stdout } = spawnSync(process.execPath, [fuzz, ...flags], { encoding: 'utf8' })
  expect(stdout).toContain(` 0 findings\n`)
  expect(stdout).toContain(`${RUNS} sequences from seed 1`)
  expect(status).toBe(0)
}, 3_600_000)
