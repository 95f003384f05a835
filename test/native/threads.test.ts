import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { HyperParams } from '../../lib/index'
import { training } from '../../lib/native/engines'
import { computeIn } from '../training/arithmetic'

// Processes load LibTorch and train, for minutes where other work has the processor.
jest.setTimeout(600_000)

interface Job {
  models: Record<string, Partial<HyperParams>>
  orders: string[][]
  together?: boolean
}

/** Runs the job in a process of its own. Returns a digest of each different outcome, by model. */
async function live(job: Job): Promise<Record<string, string[]>> {
  const child = join(__dirname, '..', 'fixtures', 'threads-child.js')
  const env = { ...process.env, OMP_WAIT_POLICY: 'passive' }
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(job)], { env })
  return JSON.parse(stdout)
}

const ACTIONS = 4

/** Every order in which two models can be made, trained, sampled from and disposed of. */
function interleavings(first: number, second: number): string[][] {
  if (first === 0) return [Array.from({ length: second }, () => 'second')]
  if (second === 0) return [Array.from({ length: first }, () => 'first')]
  return [
    ...interleavings(first - 1, second).map(rest => ['first', ...rest]),
    ...interleavings(first, second - 1).map(rest => ['second', ...rest]),
  ]
}

/** All 70 orders take minutes. */
const orders = interleavings(ACTIONS, ACTIONS).filter(
  (_, i) => process.env.DCGAN_LONG_TESTS !== undefined || i % 23 === 11,
)

const alone = Array.from({ length: ACTIONS }, () => 'model')
const arithmetics = ['float32', training().info().bfloat16 ? 'bfloat16' : 'plain-bfloat16'] as const
const cases = arithmetics.flatMap(arithmetic =>
  (['auto', 'plain'] as const).map(kernels => ({ arithmetic, kernels })),
)

describe.each(cases)(
  'models with threads of their own, $arithmetic, kernels $kernels',
  ({ arithmetic, kernels }) => {
    const hparams = { precision: computeIn(arithmetic), kernels }
    const models = {
      first: { ...hparams, threads: 1 },
      second: { ...hparams, threads: 3 },
    }
    let expected: Record<string, string[]>

    beforeAll(async () => {
      const own = Object.entries(models).map(async ([name, model]) => {
        const { model: digests } = await live({ models: { model }, orders: [alone] })
        return [name, digests as string[]] as const
      })
      expected = Object.fromEntries(await Promise.all(own))
    })

    test('give what each gives alone, whatever order the other does its work in', async () => {
      expect(await live({ models, orders })).toEqual(expected)
    })

    test('give what each gives alone when both work at the same time', async () => {
      const order = [...Array(ACTIONS).fill('first'), ...Array(ACTIONS).fill('second')]
      expect(await live({ models, orders: Array(3).fill(order), together: true })).toEqual(expected)
    })
  },
)
