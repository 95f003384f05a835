import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

// FUZZ_RUNS raises the number of sequences: FUZZ_RUNS=500 npm run check -- sanitize test/process/fuzz
const RUNS = process.env.FUZZ_RUNS ?? '25'

test('calls in any order, with any arguments, end with a result or with a code, and the process ends', () => {
  const flags = ['--runs', RUNS, '--seed', '1', '--hang', '200', '--memory', '4000']
  const fuzz = join(__dirname, '..', 'fuzz', 'fuzz.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [fuzz, ...flags], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toMatch(new RegExp(`^calls: ${RUNS} runs of seed 1 .* 0 findings\n`))
  expect(status).toBe(0)
}, 3_600_000)
