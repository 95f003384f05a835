import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { hasNvidiaDriver } from '../../lib/setup/programs.js'

const COMMAND = path.join(__dirname, '..', 'tools', 'check-cuda.js')
const check = (...args: string[]) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })

const withoutGpu = hasNvidiaDriver() ? test.skip : test

withoutGpu('without a GPU, npm run check -- cuda fails and says what it needs', () => {
  const { status, stdout, stderr } = check()
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/No NVIDIA driver.*needs a machine with an NVIDIA GPU/)
  expect(stderr).toMatch(/nvidia-smi.*check -- cuda-build needs none/)
})

test('a part that does not exist is refused, with those that do', () => {
  const { status, stderr } = check('--only', 'parity,speed')
  expect(status).toBe(2)
  expect(stderr).toMatch(/no part speed[\s\S]*parity, determinism/)
})

test('every part runs and passes on the CPU, so that the first run on a GPU is about the GPU', () => {
  const parts = 'parity,determinism,resume,sampling,stopping,sharing,processes,memory'
  const { status, stdout, stderr } = check('--device', 'cpu', '--only', parts)
  expect(stdout).not.toMatch(/failed/)
  expect({ status, stderr }).toMatchObject({ status: 0 })
  expect(stdout.match(/\| ok \|/g)?.length).toBeGreaterThan(10)
  // A full memory is the only thing that needs a GPU.
  expect(stdout.match(/not run/g)).toHaveLength(1)
})
