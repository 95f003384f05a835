import { spawnSync } from 'node:child_process'
import { totalmem } from 'node:os'
import { run } from './child'

// A process that may not start as many threads as its models were to have.

/** Samples, trains and reads a file with many threads, and prints the codes of the warnings. */
const MANY_THREADS = `
  const { execFileSync } = require('node:child_process')
  const { readFile } = require('node:fs/promises')
  const warnings = []
  process.on('warning', ({ code }) => warnings.push(code))
  const use = async () => {
    for (const kernels of ['auto', 'plain']) {
      const gan = model({ threads: 1024, kernels })
      await gan.sample(3)
      await gan.trainEpoch(images(8))
      await readFile('/proc/self/stat')
    }
    console.log(warnings.join())
  }`

const FEW = { code: 0, signal: null, stdout: 'DCGAN_FEW_THREADS\n' }

const hasLimits = spawnSync('prlimit', ['--version']).status === 0

const limited = hasLimits ? test : test.skip

limited('a process with memory for few stacks trains with fewer threads and one warning', async () => {
  const limit = `execFileSync('prlimit', ['--pid', String(process.pid), '--as=${6 * 2 ** 30}:'])`
  expect(await run(`${MANY_THREADS}; ${limit}; use()`)).toMatchObject(FEW)
})

test.each([
  ['the memory', `${Math.ceil((4 * totalmem()) / 2 ** 30)}G`],
  ['all addresses', '100000G'],
])('OMP_STACKSIZE larger than %s leaves a model one thread, with a warning', async (_, OMP_STACKSIZE) => {
  expect(await run(`${MANY_THREADS}; use()`, { env: { OMP_STACKSIZE } })).toMatchObject(FEW)
})

// The limit counts the threads of all processes of a user, and does not hold for root: the process changes its user.
const asNobody = hasLimits && process.getuid?.() === 0 ? test : test.skip

asNobody('a user with few threads left trains with fewer and one warning', async () => {
  const ended = await run(`${MANY_THREADS}
    // This loads all files, which may lie in a folder that is closed to other users.
    model().trainEpoch(images(8)).then(() => {
      execFileSync('prlimit', ['--pid', String(process.pid), '--nproc=24'])
      process.setuid(64123)
      return use()
    })`)
  expect(ended).toMatchObject(FEW)
})
