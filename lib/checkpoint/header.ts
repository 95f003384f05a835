import { Cursor } from './cursor.js'
import { type Fail, quoted } from './errors.js'

/** The element types that are read, and their sizes in bytes. */
export const ELEMENT_BYTES = { F64: 8, I64: 8, F32: 4, F16: 2, BF16: 2, U8: 1 } as const
export type Dtype = keyof typeof ELEMENT_BYTES

/** A tensor's entry in the header; `begin` and `end` are bytes from the start of the data. */
export interface TensorInfo {
  name: string
  dtype: Dtype
  shape: number[]
  begin: number
  end: number
}

export interface Header {
  /** In the order of their data. */
  tensors: TensorInfo[]
  metadata: Map<string, string>
}

/** Bytes of the header's length, which stand before the header itself. */
export const LENGTH_BYTES = 8
const METADATA = '__metadata__'
const MAX_DIMENSIONS = 8

/** The start of a file with these tensors: the header's length and the header, padded with spaces to 8 bytes. */
export function encodeHeader({ tensors, metadata }: Header): Buffer {
  const members = [
    `"${METADATA}":{${[...metadata].map(([key, value]) => member(key, value)).join()}}`,
    ...tensors.map(({ name, dtype, shape, begin, end }) =>
      member(name, { dtype, shape, data_offsets: [begin, end] }),
    ),
  ]
  const json = `{${members.join()}}`
  const bytes = Math.ceil(Buffer.byteLength(json) / LENGTH_BYTES) * LENGTH_BYTES
  const header = Buffer.alloc(LENGTH_BYTES + bytes, ' ')
  header.writeBigUInt64LE(BigInt(bytes))
  header.write(json, LENGTH_BYTES)
  return header
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`
}

/**
 * Reads a header and checks everything that it says against itself and against `dataBytes`, the bytes that the
 * file holds after it: afterwards the tensors tile the data without a gap, an overlap or a byte too many.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, fail: Fail): Header {
  const cursor = new Cursor(bytes, LENGTH_BYTES, fail)
  const tensors: TensorInfo[] = []
  const metadata = new Map<string, string>()
  cursor.object(key => {
    if (key === METADATA) cursor.object(name => metadata.set(name, cursor.string()))
    else tensors.push(readTensorInfo(key, cursor, fail))
  })
  cursor.end()
  // Python's writer orders the header as the data, but other writers need not.
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkTiling(tensors, dataBytes, fail)
  return { tensors, metadata }
}

function readTensorInfo(name: string, cursor: Cursor, fail: Fail): TensorInfo {
  let dtype: string | undefined
  let shape: number[] | undefined
  let offsets: number[] | undefined
  cursor.object(key => {
    if (key === 'dtype') dtype = cursor.string()
    else if (key === 'shape') shape = cursor.integers(MAX_DIMENSIONS)
    else if (key === 'data_offsets') offsets = cursor.integers(2)
    else fail(`tensor ${quoted(name)} has an entry ${quoted(key)}, which the format does not know`)
  })
  if (dtype === undefined) fail(`tensor ${quoted(name)} has no dtype`)
  if (shape === undefined) fail(`tensor ${quoted(name)} has no shape`)
  if (!isDtype(dtype)) {
    fail(
      `tensor ${quoted(name)} has dtype ${quoted(dtype)}, not one of ${Object.keys(ELEMENT_BYTES).join(', ')}`,
    )
  }
  const [begin, end] = offsets ?? []
  if (begin === undefined || end === undefined) fail(`tensor ${quoted(name)} does not have two data_offsets`)
  return { name, dtype, shape, begin, end }
}

function isDtype(name: string): name is Dtype {
  return Object.hasOwn(ELEMENT_BYTES, name)
}

function checkTiling(tensors: readonly TensorInfo[], dataBytes: number, fail: Fail): void {
  let next = 0
  for (const { name, dtype, shape, begin, end } of tensors) {
    const where = `tensor ${quoted(name)} lies at bytes ${begin} to ${end} of the data`
    if (end < begin) fail(`${where}, which is backwards`)
    if (begin < next) fail(`${where}, where another tensor lies up to byte ${next}`)
    if (begin > next) fail(`${where}, but no tensor holds the bytes ${next} to ${begin} before it`)
    if (end > dataBytes) fail(`${where}, which end at byte ${dataBytes}`)
    const bytes = byteLength(dtype, shape)
    if (bytes === undefined)
      fail(`tensor ${quoted(name)} has shape [${shape.join(', ')}], too large for any file`)
    if (bytes !== end - begin) {
      fail(
        `tensor ${quoted(name)} is ${dtype} [${shape.join(', ')}], ${bytes} bytes, but holds ${end - begin} bytes`,
      )
    }
    next = end
  }
  if (next < dataBytes) fail(`${dataBytes - next} bytes follow the last tensor, which ends at byte ${next}`)
}

/** Bytes of a tensor, or undefined where they are too many to count. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number | undefined {
  let bytes: number = ELEMENT_BYTES[dtype]
  for (const size of shape) {
    bytes *= size
    if (bytes > Number.MAX_SAFE_INTEGER) return undefined
  }
  return bytes
}
