'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { cudaDevices } = require('../../../dist/native/engines.js').training().info()
const { ALL, images, largestDifference, withModel } = require('./support.js')

// As bfloat16 and dropout would hide a wrong sum, neither is used.
const OPTIONS = /** @type {const} */ ({ ...ALL, kernels: 'plain', precision: 'float32', dropout: 0 })
const STEPS = 4
/** More than a process makes before it is killed. */
const LONG = 2000
/** Of a loss, after sums in another order. */
const TOLERANCE = 1e-3
const SECONDS = 15

/** @param {string} device @param {number} steps @param {import('../../../dist/index.js').HyperParamOptions} [more] */
function train(device, steps, more) {
  return withModel({ ...OPTIONS, device, ...more }, async gan => {
    const { discLosses, genLosses } = await gan.trainEpoch(images(32 * steps))
    return [...discLosses, ...genLosses]
  })
}

/** Starts two processes of this file, on two GPUs if there are two. @param {string} device @param {number} steps */
async function twoProcesses(device, steps) {
  const { freePort } = await import('../../../bench/port.js')
  const { placeVariables } = await import('../../../bench/ranks.js')
  const port = await freePort()
  return [0, 1].map(rank => {
    const child = spawn(process.execPath, [__filename, device, `${steps}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...placeVariables(rank, 2, port),
        LOCAL_RANK: `${cudaDevices > 1 ? rank : 0}`,
      },
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    const answer = once(child, 'close').then(() => output.trim().split('\n').at(-1) ?? '')
    return { child, answer }
  })
}

/** Two processes against one, and what one does when the other is killed. @param {string} device */
async function processes(device) {
  const where = device === 'cpu' ? 'the CPU' : cudaDevices > 1 ? 'a GPU each' : 'one GPU'
  const alone = await train(device, STEPS)
  const pair = await twoProcesses(device, STEPS)
  const answers = await Promise.all(pair.map(({ answer }) => answer))
  const difference = Math.max(
    ...answers.map(answer =>
      answer.startsWith('[') ? largestDifference(JSON.parse(answer), alone) : Number.NaN,
    ),
  )
  const rows = [
    {
      what: `losses of two processes on ${where}, against one`,
      ok: difference < TOLERANCE,
      found: Number.isNaN(difference) ? answers.join('; ') : `differ by ${difference.toExponential(1)}`,
    },
  ]

  const [first, second] = await twoProcesses(device, LONG)
  if (first === undefined || second === undefined) throw new Error('two processes were to be started')
  await once(second.child.stdout, 'data')
  second.child.kill('SIGKILL')
  const killed = Date.now()
  const found = await first.answer
  const seconds = (Date.now() - killed) / 1000
  rows.push({
    what: 'a process is killed: the other one ends',
    ok: found.endsWith('ERR_DCGAN_PEER') && seconds < SECONDS,
    found: `${found} after ${seconds.toFixed(1)} s`,
  })
  return rows
}

if (require.main === module) {
  const [device = '', steps = ''] = process.argv.slice(2)
  // Says that it trains, so that it can be killed meanwhile.
  require('node:diagnostics_channel').subscribe('libtorch-dcgan:step', () => process.stdout.write('step\n'))
  train(device, Number(steps), { distributed: 'env' }).then(
    losses => process.stdout.write(`${JSON.stringify(losses)}\n`),
    error => process.stdout.write(`${error.code ?? error.stack}\n`),
  )
}

module.exports = { processes }
