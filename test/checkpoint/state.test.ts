import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readInfo, readState, writeState } from '../../lib/checkpoint/index.js'
import type { NativeState } from '../../lib/native/types.js'
import { failure, invalid, refused } from '../support/failure.js'
import { sharedFolder } from '../support/folder.js'
import { expectSameState, hparamsOf, makeState } from './states.js'

const folder = sharedFolder()
const file = (name: string) => join(folder, `${name}.safetensors`)

describe('a state file', () => {
  it('gives back every bit of a full state with an epoch under way', async () => {
    const options = { latentDim: 100, outputDim: 5, datasetCount: 60_000 }
    const state = makeState(options)
    await writeState(file('full'), state, hparamsOf(options))
    const read = await readState(file('full'))
    expect(read.kind).toBe('full')
    expect(read.hparams).toEqual(hparamsOf(options))
    expectSameState(read.state, state)
  })

  it('gives back every bit of a full state between two epochs', async () => {
    const state = makeState({ datasetCount: 0 })
    await writeState(file('between'), state, hparamsOf())
    expectSameState((await readState(file('between'))).state, state)
    expect(state.tensors.some(({ name }) => name === 'epoch.permutation')).toBe(false)
  })

  it("holds the average of the generator's weights where there is one, and does not read without it", async () => {
    const state = makeState({ averaged: true })
    await writeState(file('averaged'), state, hparamsOf({ averaged: true }))
    const read = await readState(file('averaged'))
    expectSameState(read.state, state)
    expect(read.state.tensors.some(({ name }) => name === 'average.generator.linear.weight')).toBe(true)
    const error = await failure(writeState(file('refused'), makeState(), hparamsOf({ averaged: true })))
    expect(error.message).toMatch(/average\.generator\./)
  })

  it('holds the generator alone with only: "generator"', async () => {
    await writeState(file('generator'), makeState(), hparamsOf(), { only: 'generator' })
    const read = await readState(file('generator'))
    expect(read.kind).toBe('generator')
    const { datasetCount, datasetHash } = makeState()
    expectSameState(read.state, { ...makeState({ kind: 'generator' }), datasetCount, datasetHash, step: 13 })
  })

  it('holds the generator in half the bytes and gives it back as float32', async () => {
    await writeState(file('float32'), makeState(), hparamsOf(), { only: 'generator' })
    await writeState(file('half'), makeState(), hparamsOf(), { only: 'generator', half: true })
    expect(statSync(file('half')).size / statSync(file('float32')).size).toBeLessThan(0.502)
    const { datasetCount, datasetHash } = makeState()
    const expected = { ...makeState({ kind: 'generator' }), datasetCount, datasetHash }
    expectSameState((await readState(file('half'))).state, expected)
  })

  it('gives back a generator that another writer stored as bfloat16', async () => {
    const state = makeState({ kind: 'generator' })
    await writeState(file('half'), state, hparamsOf(), { only: 'generator', half: true })
    const bytes = readFileSync(file('half'))
    const header = 8 + Number(bytes.readBigUInt64LE())
    const text = bytes.toString('latin1', 8, header).replaceAll('"F16"', '"BF16"')
    const grown = Buffer.alloc(8 + text.length)
    grown.writeBigUInt64LE(BigInt(text.length))
    grown.write(text, 8, 'latin1')
    // 0x3f80 is 1 in bfloat16.
    const data = bytes.subarray(header)
    const counters = 24
    for (let at = counters; at < data.length; at += 2) data.writeUInt16LE(0x3f80, at)
    writeFileSync(file('bfloat16'), Buffer.concat([grown, data]))
    for (const { dtype, data: values } of (await readState(file('bfloat16'))).state.tensors) {
      if (dtype === 'F32') expect(new Float32Array(values).every(value => value === 1)).toBe(true)
    }
  })

  it('gives its kind and position without being read whole', async () => {
    await writeState(file('info'), makeState({ step: 21 }), hparamsOf())
    expect(await readInfo(file('info'))).toEqual({
      kind: 'full',
      hparams: hparamsOf(),
      step: 21,
      epoch: 1,
      batch: 3,
      datasetCount: 10,
      datasetHash: '0123456789abcdef',
      running: true,
      library: (require('../../package.json') as { version: string }).version,
    })
  })

  it('has its tensors aligned for readers that map the file into memory', async () => {
    await writeState(file('aligned'), makeState(), hparamsOf(), { only: 'generator', half: true })
    const bytes = readFileSync(file('aligned'))
    const length = Number(bytes.readBigUInt64LE())
    expect(length % 8).toBe(0)
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length))
    for (const [name, { dtype, data_offsets }] of Object.entries<{ dtype: string; data_offsets: number[] }>(
      header,
    )) {
      if (name !== '__metadata__') expect((data_offsets[0] as number) % (dtype === 'I64' ? 8 : 2)).toBe(0)
    }
  })

  it('takes the place of the file before it, and of nothing where it cannot be written whole', async () => {
    await writeState(file('replaced'), makeState({ step: 20 }), hparamsOf())
    await writeState(file('replaced'), makeState({ step: 30 }), hparamsOf())
    expect((await readInfo(file('replaced'))).step).toBe(30)

    const diverged = makeState({ step: 40 })
    const weights = diverged.tensors.find(({ name }) => name === 'discriminator.linear.weight')
    new Float32Array(weights?.data as ArrayBuffer)[6271] = Number.NaN
    await refused(
      writeState(file('replaced'), diverged, hparamsOf()),
      'ERR_DCGAN_DIVERGED',
      /discriminator\.linear\.weight holds NaN at element 6271/,
    )
    expect((await readInfo(file('replaced'))).step).toBe(30)
  })

  it('is not written in half precision where a number has none', async () => {
    const state = makeState()
    new Float32Array(state.tensors[0]?.data as ArrayBuffer)[5] = -65520
    await invalid(
      writeState(file('large'), state, hparamsOf(), { only: 'generator', half: true }),
      /false for half but received true: generator\.linear\.weight holds -65520/,
    )
  })

  it('is written in half precision only for the generator', async () => {
    await invalid(writeState(file('full-half'), makeState(), hparamsOf(), { half: true }))
  })

  it.each<[string, (state: NativeState) => void, RegExp]>([
    ['a missing tensor', state => state.tensors.splice(3, 1), /tensor generator\.conv1\.weight is missing/],
    ['a tensor twice', state => state.tensors.push(state.tensors[0] as never), /one too many/],
    [
      'an extra tensor',
      state => Object.assign(state.tensors[0] as object, { name: 'x' }),
      /x is one too many/,
    ],
    ['a wrong shape', state => state.tensors[1]?.shape.push(1), /generator\.bn1\.weight is F32 \[12544, 1\]/],
    [
      'a batch without a data set',
      state => Object.assign(state, { datasetCount: 0, datasetHash: '' }),
      /batch 3 of 0/,
    ],
    [
      'a wrong counter',
      state => new BigInt64Array(state.tensors[12]?.data as ArrayBuffer).fill(-1n),
      /holds -1/,
    ],
  ])('refuses a state with %s', async (_, corrupt, message) => {
    const state = makeState()
    corrupt(state)
    await refused(writeState(file('refused'), state, hparamsOf()), 'ERR_DCGAN_NATIVE', message)
  })

  it('does not hold up the event loop', async () => {
    const options = { latentDim: 400, outputDim: 5, datasetCount: 60_000 }
    const state = makeState(options)
    let share = 1
    // The best of ten at most: other programs on the machine hold the loop up as well.
    for (let round = 0; round < 10 && share >= 0.25; round++) {
      share = await longestPause(async () => {
        await writeState(file('large'), state, hparamsOf(options), { durable: true })
        await readState(file('large'))
      })
    }
    expect(statSync(file('large')).size).toBeGreaterThan(70e6)
    expect(share).toBeLessThan(0.25)
  })
})

/** The longest time in which the event loop did not turn, as a share of the work's time. */
async function longestPause(work: () => Promise<void>): Promise<number> {
  let longest = 0
  const start = performance.now()
  let last = start
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await work()
  clearInterval(timer)
  return Math.max(longest, performance.now() - last) / (performance.now() - start)
}
