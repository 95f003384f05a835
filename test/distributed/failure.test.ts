import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Ended } from '../support/ended'
import { folder } from '../support/folder'
import { ranks, results } from './support'

// A distributed run in which one process stops, ends or hangs.

jest.setTimeout(300_000)

const EPOCHS = 400

/** Trains for longer than any test, and says when it has begun and how it ended. */
const endless = (own: string, options = '') => `
  const rank = Number(process.env.RANK)
  const stop = new AbortController()
  const gan = model({ distributed: 'env', epochs: ${EPOCHS} })
  let runs = false
  const onProgress = ({ step }) => {
    // Not every step is reported.
    if (step >= 3 && !runs) console.log('runs')
    runs ||= step >= 3
    ${own}
  }
  gan.train({ dataset: images(8), outputDir: null, onProgress, signal: stop.signal${options} })
    .then(() => 'trained', error => error.code ?? error.message)
    .then(async how => {
      const { step } = gan
      await gan.dispose()
      console.log(JSON.stringify({ how, step }))
    })`

interface How {
  how: string
  step: number
}

test('if one process aborts, all stop after the same step', async () => {
  const script = endless("if (rank === 1 && step >= 5) stop.abort(new Error('enough'))")
  const [first, second] = results<How>(await ranks(2, script)) as [How, How]
  expect([first.how, second.how]).toEqual(['ERR_DCGAN_PEER', 'enough'])
  expect(first.step).toBe(second.step)
  expect(first.step).toBeGreaterThanOrEqual(5)
})

test('if one process disposes of its model, the others end', async () => {
  const script = endless('if (rank === 0 && step >= 5) gan.dispose()')
  const [first, second] = results<How>(await ranks(2, script)) as [How, How]
  expect([first.how, second.how]).toEqual(['ERR_DCGAN_DISPOSED', 'ERR_DCGAN_PEER'])
})

test.each(['SIGKILL', 'SIGSTOP'] as const)('a process that gets %s ends the others', async signal => {
  let struck: ChildProcess | undefined
  const ended = await ranks(3, endless(''), {
    env: () => ({ LIBTORCH_DCGAN_PEER_TIMEOUT: '2' }),
    onOutput: (rank, text, child) => {
      if (rank === 1 && struck === undefined && text.includes('runs')) {
        struck = child
        child.kill(signal)
      }
      // A stopped process would never end.
      if (rank !== 1 && text.includes('"how"')) struck?.kill('SIGKILL')
    },
  })
  expect(ended[1]?.signal).toBe('SIGKILL')
  const others = results<How>([ended[0] as Ended, ended[2] as Ended])
  expect(others.map(({ how }) => how)).toEqual(['ERR_DCGAN_PEER', 'ERR_DCGAN_PEER'])
})

test('a process that computes for longer than the others wait for an answer ends nobody', async () => {
  const script = `
    const rank = Number(process.env.RANK)
    const gan = model({ distributed: 'env', epochs: 1 })
    // Blocks the event loop at a checkpoint, for which the training of this process waits.
    const onProgress = ({ step }) => {
      if (rank === 1 && step === 1) for (const end = Date.now() + 5000; Date.now() < end;);
    }
    const path = require('node:path').join(__dirname, 'checkpoint')
    const options = { dataset: images(16), outputDir: null, onProgress, checkpoint: { path, everySteps: 1 } }
    gan.train(options).then(({ epochs }) => console.log(JSON.stringify(epochs[0].steps)))`
  const ended = await ranks(2, script, { env: () => ({ LIBTORCH_DCGAN_PEER_TIMEOUT: '2' }) })
  expect(results(ended)).toEqual([4, 4])
})

test('a process that stands still for less than the others wait ends nobody', async () => {
  let stopped = false
  const script = endless('if (step > 40) stop.abort(new Error(`enough`))')
  const ended = await ranks(2, script, {
    env: () => ({ LIBTORCH_DCGAN_PEER_TIMEOUT: '60' }),
    onOutput: (rank, text, child) => {
      if (rank !== 1 || stopped || !text.includes('runs')) return
      stopped = true
      child.kill('SIGSTOP')
      setTimeout(() => child.kill('SIGCONT'), 1500)
    },
  })
  for (const { how } of results<How>(ended)) expect(how).toMatch(/^(enough|ERR_DCGAN_PEER)$/)
  expect(Math.min(...results<How>(ended).map(({ step }) => step))).toBeGreaterThan(40)
})

/** Continues from the checkpoint if there is one, trains to the end, and prints a digest of the state. */
const resuming = (path: string) => `
  const { createHash } = require('node:crypto')
  const { existsSync, readFileSync } = require('node:fs')
  const [path, file] = [${JSON.stringify(path)}, ${JSON.stringify(path)} + process.pid]
  const options = { dataset: images(8), outputDir: null, checkpoint: { path, everySteps: 5, keep: 0 } }
  options.onProgress = ({ step }) => step > 6 && console.log('runs')
  const begin = async () => existsSync(path)
    ? DCGAN.load(path, { distributed: 'env' })
    : model({ distributed: 'env', epochs: 15, emaDecay: 0.9 })
  begin().then(async gan => {
    const { epochs } = await gan.train(options)
    await gan.save(file)
    const state = createHash('sha256').update(readFileSync(file)).digest('hex')
    await gan.dispose()
    console.log(JSON.stringify({ state, steps: epochs.reduce((sum, { steps }) => sum + steps, 0) }))
  })`

test('after a failure, a run continues from its checkpoint with the bits of an undisturbed run', async () => {
  const path = join(folder(), 'run.safetensors')
  const [straight] = results<{ state: string }>(await ranks(2, resuming(join(folder(), 'straight'))))
  let killed = false
  const [broken] = await ranks(2, resuming(path), {
    onOutput: (rank, text, child) => {
      if (rank === 0 || killed || !text.includes('runs')) return
      killed = true
      child.kill('SIGKILL')
    },
  })
  expect(broken?.stderr).toContain('ERR_DCGAN_PEER')
  const [first, second] = results<{ state: string; steps: number }>(await ranks(2, resuming(path)))
  expect(first?.steps).toBeLessThan(30)
  expect(first?.state).toBe(straight?.state)
  expect(second).toEqual(first)
})
