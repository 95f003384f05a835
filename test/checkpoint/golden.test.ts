import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openContainer } from '../../lib/checkpoint/container.js'
import { encodeHeader } from '../../lib/checkpoint/encode.js'
import { withSource } from '../../lib/checkpoint/file.js'
import type { Header } from '../../lib/checkpoint/header.js'
import { readState, writeState } from '../../lib/checkpoint/index.js'
import { sharedFolder } from '../support/folder.js'
import { expectSameState, hparamsOf, makeState } from './states.js'

const folder = sharedFolder()

/** What `safetensors.torch.save` of the Python package safetensors 0.8.0 makes of one tensor of each type. */
const PYTHON = Buffer.from(
  'b0010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a227074205c22c3bc5c22227d2c226e223a7b22' +
    '6474797065223a22493634222c227368617065223a5b325d2c22646174615f6f666673657473223a5b302c31365d7d2c2264223a7b' +
    '226474797065223a22463634222c227368617065223a5b5d2c22646174615f6f666673657473223a5b31362c32345d7d2c2261223a' +
    '7b226474797065223a22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b32342c33325d7d2c2265' +
    '223a7b226474797065223a22463332222c227368617065223a5b302c335d2c22646174615f6f666673657473223a5b33322c33325d' +
    '7d2c2262223a7b226474797065223a2242463136222c227368617065223a5b315d2c22646174615f6f666673657473223a5b33322c' +
    '33345d7d2c2268223a7b226474797065223a22463136222c227368617065223a5b322c315d2c22646174615f6f666673657473223a' +
    '5b33342c33385d7d2c2275223a7b226474797065223a225538222c227368617065223a5b335d2c22646174615f6f66667365747322' +
    '3a5b33382c34315d7d7d2020202020200300000000000000ffffffffffffffff000000000000e03f0000c03f000000c0803f003c00' +
    '40070809',
  'hex',
)

const HEADER: Header = {
  metadata: new Map([['format', 'pt "ü"']]),
  tensors: [
    { name: 'n', dtype: 'I64', shape: [2], begin: 0, end: 16 },
    { name: 'd', dtype: 'F64', shape: [], begin: 16, end: 24 },
    { name: 'a', dtype: 'F32', shape: [2], begin: 24, end: 32 },
    { name: 'e', dtype: 'F32', shape: [0, 3], begin: 32, end: 32 },
    { name: 'b', dtype: 'BF16', shape: [1], begin: 32, end: 34 },
    { name: 'h', dtype: 'F16', shape: [2, 1], begin: 34, end: 38 },
    { name: 'u', dtype: 'U8', shape: [3], begin: 38, end: 41 },
  ],
}

it("writes the header that Python's writer writes", () => {
  const header = encodeHeader(HEADER)
  expect(header.toString('latin1')).toBe(PYTHON.toString('latin1', 0, header.length))
  expect(PYTHON.length - header.length).toBe(41)
})

it("reads the file that Python's writer writes", async () => {
  const file = join(folder, 'python.safetensors')
  writeFileSync(file, PYTHON)
  await withSource(file, async reader => {
    const { tensors, metadata, read } = await openContainer(reader)
    expect({ tensors, metadata }).toEqual(HEADER)
    const bytes = Buffer.alloc(41)
    await read(bytes)
    expect([...bytes.subarray(38)]).toEqual([7, 8, 9])
  })
})

it('gives the bytes of a state a fixed place and order', async () => {
  const file = join(folder, 'order.safetensors')
  await writeState(file, makeState(), hparamsOf())
  const bytes = readFileSync(file)
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())))
  // The eight-byte integers first, then the rest, each by name.
  expect(Object.keys(header).slice(0, 10)).toEqual([
    '__metadata__',
    'epoch.permutation',
    'generator.bn1.num_batches_tracked',
    'generator.bn2.num_batches_tracked',
    'generator.bn3.num_batches_tracked',
    'optimizer.discriminator.step',
    'optimizer.generator.step',
    'rng.dropout',
    'rng.noise',
    'discriminator.conv1.bias',
  ])
})

describe('a file of version 1', () => {
  const load = async (name: string) => {
    const file = join(folder, name)
    writeFileSync(file, gunzipSync(readFileSync(join(__dirname, 'fixtures', `${name}.gz`))))
    return readState(file)
  }

  it.each(['full', 'generator', 'half'])('stays loadable: %s', async kind => {
    const { state, hparams } = await load(`v1-${kind}.safetensors`)
    const expected = makeState({ kind: kind === 'full' ? 'full' : 'generator' })
    expect(hparams).toEqual(hparamsOf())
    expectSameState(state, expected)
  })
})
