import { folder } from '../support/folder'
import { FILES } from './kinds/index.js'
import { loop } from './loop.js'

const LONG = process.env.DCGAN_LONG_TESTS !== undefined
const runsOf = (kind: string) => (LONG ? 3000 : kind === 'state' ? 1000 : 300)

test.each(Object.keys(FILES))(
  'corrupted files of the kind %s are read, or refused as the documents say, in bounded memory',
  async name => {
    const findings: string[] = []
    const { outcomes, slowest } = await loop(
      (FILES[name] as (typeof FILES)[string])(folder()),
      { seed: 1, first: 0, end: runsOf(name) },
      () => {},
      (run, what) => findings.push(`run ${run}: ${what}`),
    )
    expect(findings).toEqual([])
    expect(slowest).toBeLessThan(60_000)
    // A fuzzer tests nothing if all of its files are refused at the first byte, or all are accepted.
    const { accepted = 0, ...refused } = outcomes
    expect(accepted).toBeGreaterThan(runsOf(name) / 100)
    expect(Object.keys(refused).length).toBeGreaterThan(name === 'state' ? 12 : 3)
  },
  3_600_000,
)
