import { join } from 'node:path'
import { DCGAN } from '../../lib/index'
import { placeOf } from '../../lib/native/peers'
import { setVariable } from '../support/variables'
import { ranks } from './support'

// Processes of a distributed run agree on their options before they train, or refuse.

jest.setTimeout(300_000)

const GOOD = { RANK: '1', WORLD_SIZE: '2', MASTER_ADDR: 'localhost', MASTER_PORT: '29500' }

test.each([
  ['RANK', undefined],
  ['RANK', '2'],
  ['RANK', '-1'],
  ['RANK', 'one'],
  ['WORLD_SIZE', undefined],
  ['WORLD_SIZE', '0'],
  ['WORLD_SIZE', '2.5'],
  ['MASTER_ADDR', undefined],
  ['MASTER_ADDR', ''],
  ['MASTER_PORT', undefined],
  ['MASTER_PORT', '65536'],
  ['MASTER_PORT', ''],
  ['LOCAL_RANK', 'gpu'],
  ['LIBTORCH_DCGAN_PEER_TIMEOUT', '0'],
])('%s=%s is refused by name', (name, value) => {
  for (const [key, good] of Object.entries(GOOD)) setVariable(key, good)
  setVariable(name, value)
  const code = 'ERR_DCGAN_INVALID_ARGUMENT'
  expect(() => new DCGAN({ distributed: 'env', seed: 1 })).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(`variable ${name} but received`) }),
  )
})

test('distributed takes false and env alone', () => {
  expect(() => new DCGAN({ distributed: true as never })).toThrow("Expected false or 'env' for distributed")
  expect(placeOf(false, {})).toBeUndefined()
})

test("the store is the first process's, or torchrun's, which may try again", () => {
  expect(placeOf('env', { ...GOOD, RANK: '0' })).toMatchObject({ servesStore: true, timeout: 10 })
  expect(placeOf('env', GOOD)).toMatchObject({ rank: 1, count: 2, servesStore: false, localRank: undefined })
  const agent = { TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '3', LOCAL_RANK: '1' }
  expect(placeOf('env', { ...GOOD, RANK: '0', ...agent })).toMatchObject({
    servesStore: false,
    localRank: 1,
    prefix: expect.stringContaining('3'),
  })
})

/** Makes a model, and prints how its training ends; then the next one. */
const train = (...runs: [hparams: string, dataset?: string, options?: string][]) => `
  const rank = Number(process.env.RANK)
  const one = async (hparams, dataset, options) => {
    const gan = model({ distributed: 'env', epochs: 1, ...hparams })
    await gan.train({ dataset, outputDir: null, ...options }).then(
      () => console.log('trained with seed', gan.hparams.seed),
      error => console.log(error.code, error.message))
    await gan.dispose()
  }
  ;(async () => {
    ${runs.map(([hparams, dataset = 'images(16)', options]) => `await one(${hparams}, ${dataset}, ${options})`).join('\n')}
  })()`

const outputs = async (count: number, script: string, env?: (rank: number) => NodeJS.ProcessEnv) =>
  (await ranks(count, script, env && { env })).map(({ stdout, stderr }) => stdout + stderr)

test('processes with another option or data set refuse to train, both by name, and may try again', async () => {
  const script = train(
    ['{ batchSize: 4 + rank }'],
    ['{ seed: rank }'],
    ['{ discLr: [1e-3, 1e-4 * (rank + 1)] }'],
    ['{}', 'images(16)', '{ maxSteps: 1 + rank }'],
    ['{}', 'images(16 + rank)'],
    ['{}'],
  )
  for (const output of await outputs(2, script)) {
    const lines = output.trim().split('\n')
    expect(lines.pop()).toBe('trained with seed 7')
    expect(lines.map(line => /^(\w+) .*?in the one with RANK 1/.exec(line)?.[1])).toEqual([
      ...Array(4).fill('ERR_DCGAN_INVALID_ARGUMENT'),
      'ERR_DCGAN_BAD_DATASET',
    ])
    for (const [i, name] of ['batchSize', 'seed', 'discLr', 'maxSteps', 'data set'].entries())
      expect(lines[i]).toContain(name)
  }
})

test('processes with another WORLD_SIZE refuse each other', async () => {
  const found = await outputs(2, train(['{}']), rank => ({ WORLD_SIZE: `${2 + rank}` }))
  for (const output of found)
    expect(output).toMatch(/ERR_DCGAN_INVALID_ARGUMENT .*WORLD_SIZE [23].*WORLD_SIZE [23]/)
})

test('processes with another version of the package refuse each other', async () => {
  const script = `
    const installed = require(${JSON.stringify(join(__dirname, '..', '..', 'dist', 'internal', 'installed.js'))})
    if (process.env.RANK === '1') installed.packageVersion = () => '0.0.1'
    ${train(['{}'])}`
  for (const output of await outputs(2, script))
    expect(output).toMatch(/ERR_DCGAN_INVALID_ARGUMENT .*libtorch-dcgan 0\.0\.1/)
})

test('two processes with the same RANK refuse each other, and their peer', async () => {
  const found = await outputs(3, train(['{}']), rank => ({ RANK: `${Math.min(rank, 1)}` }))
  for (const output of found) expect(output).toContain('Two processes have RANK 1')
})

test("without a seed, all take the first process's", async () => {
  const found = await outputs(2, train(['{ seed: undefined }']))
  expect(found[0]).toMatch(/^trained with seed \d+\n$/)
  expect(found[1]).toBe(found[0])
})

test('a process that waits for the first one writes nothing, and trains when it comes', async () => {
  const late = `setTimeout(async () => {${train(['{ seed: 5 }'])}}, process.env.RANK === '0' ? 3000 : 0)`
  expect(await outputs(2, late)).toEqual(['trained with seed 5\n', 'trained with seed 5\n'])
})
