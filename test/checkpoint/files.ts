import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { type Dtype, ELEMENT_BYTES } from '../../lib/checkpoint/header.js'
import { encodeMetadata } from '../../lib/checkpoint/metadata.js'
import { type StateKind, tensorTable } from '../../lib/checkpoint/table.js'
import { hparamsOf } from './states.js'

/** A state file before it is written, open to every mischief. Its numbers are zeros but for the patches. */
export interface Draft {
  metadata: Map<string, string>
  tensors: Map<string, { dtype: Dtype; shape: number[] }>
  patches: { name: string; index: number; bytes: Buffer }[]
}

/** Bytes, and their place in a file. */
interface Write {
  at: number
  bytes: Buffer
}

/** A draft that `readState` accepts, for a latent vector of 2 numbers. */
export function draftState(kind: StateKind, { half = false } = {}): Draft {
  const datasetCount = kind === 'full' ? 10 : 0
  const metadata = encodeMetadata({
    kind,
    hparams: hparamsOf(),
    step: 13,
    epoch: 1,
    batch: kind === 'full' ? 3 : 0,
    datasetCount,
    datasetHash: kind === 'full' ? '0123456789abcdef' : '',
    running: kind === 'full',
    library: '0.1.0',
  })
  const draft: Draft = { metadata, tensors: new Map(), patches: [] }
  for (const [name, { dtype, shape }] of tensorTable({
    kind,
    latentDim: 2,
    outputDim: 1,
    epochCount: datasetCount,
    classes: 0,
    averaged: false,
  })) {
    draft.tensors.set(name, { dtype: half && dtype === 'F32' ? 'F16' : dtype, shape: [...shape] })
  }
  for (let i = 0; i < datasetCount; i++) patch(draft, 'epoch.permutation', i, int64(BigInt(i)))
  return draft
}

/** Gives an element of a tensor, which takes as many bytes as given, another value. */
export function patch({ patches }: Draft, name: string, index: number, bytes: Buffer): void {
  patches.push({ name, index, bytes })
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

export function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

export function writeDraft(file: string, { metadata, tensors, patches }: Draft): void {
  const begins = new Map<string, number>()
  let end = 0
  const entries = [...tensors].map(([name, { dtype, shape }]) => {
    const begin = end
    begins.set(name, begin)
    end += shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype])
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const
  })
  const header = JSON.stringify(
    Object.fromEntries([['__metadata__', Object.fromEntries(metadata)], ...entries]),
  )
  const writes = patches.map(({ name, index, bytes }) => ({
    at: (begins.get(name) as number) + index * bytes.length,
    bytes,
  }))
  writeRaw(file, header, end, { writes })
}

/** Writes a header's length, the header and so many bytes of data, zeros that take no space on the disk. */
export function writeRaw(
  file: string,
  header: string | Buffer,
  dataBytes = 0,
  { length = BigInt(Buffer.byteLength(header)), writes = [] }: { length?: bigint; writes?: Write[] } = {},
): void {
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(length)
  const head = Buffer.concat([start, Buffer.from(header)])
  const descriptor = openSync(file, 'w')
  ftruncateSync(descriptor, head.length + dataBytes)
  for (const { at, bytes } of [{ at: -head.length, bytes: head }, ...writes]) {
    writeSync(descriptor, bytes, 0, bytes.length, head.length + at)
  }
  closeSync(descriptor)
}
