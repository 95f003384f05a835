import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../lib/checkpoint'
import { folder } from './dcgan-support'
import { ranks, results } from './distributed-support'

// What becomes of a distributed run when one of its processes stops, ends or hangs.

jest.setTimeout(300_000)

const EPOCHS = 400

/** Trains for longer than any test, and says when it has begun and how it ended. */
const endless = (own: string, options = '') => `
  const rank = Number(process.env.RANK)
  const stop = new AbortController()
  const gan = model({ distributed: 'env', epochs: ${EPOCHS} })
  const onProgress = ({ step }) => {
    if (step === 3) console.log('runs')
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

test('where one process aborts, all stop after the same step', async () => {
  const script = endless("if (rank === 1 && step >= 5) stop.abort(new Error('enough'))")
  const [first, second] = results<How>(await ranks(2, script)) as [How, How]
  expect([first.how, second.how]).toEqual(['ERR_DCGAN_PEER', 'enough'])
  expect(first.step).toBe(second.step)
  expect(first.step).toBeGreaterThanOrEqual(5)
})

test('where one process disposes of its model, the others end', async () => {
  const script = endless('if (rank === 0 && step >= 5) gan.dispose()')
  const [first, second] = results<How>(await ranks(2, script)) as [How, How]
  expect([first.how, second.how]).toEqual(['ERR_DCGAN_DISPOSED', 'ERR_DCGAN_PEER'])
})

test.each(['SIGKILL', 'SIGSTOP'] as const)('a process that gets %s ends the others', async signal => {
  const ended = await ranks(3, endless(''), {
    env: () => ({ LIBTORCH_DCGAN_PEER_TIMEOUT: '2' }),
    onOutput: (() => {
      let children = 0
      return (rank, text, child) => {
        // The others' own output comes when they have ended: then the stopped one may go.
        if (rank === 1 && text.includes('runs')) child.kill(signal)
        else if (text.includes('ERR_DCGAN_PEER')) children++
        if (children > 0 && rank === 1) child.kill('SIGKILL')
      }
    })(),
  })
  expect(results<How>([ended[0] as never, ended[2] as never]).map(({ how }) => how)).toEqual([
    'ERR_DCGAN_PEER',
    'ERR_DCGAN_PEER',
  ])
})
