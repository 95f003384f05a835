import { type Fail, quoted } from './errors.js'
import { isObject, parseObject } from './json.js'

/** The supported element types, and their sizes in bytes. */
export const ELEMENT_BYTES = { F64: 8, I64: 8, F32: 4, F16: 2, BF16: 2, U8: 1 } as const
export type Dtype = keyof typeof ELEMENT_BYTES

/** A tensor's entry in the header. `begin` and `end` are in bytes, from the start of the data. */
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

/** Bytes of the number before the header, which is the header's length. */
export const LENGTH_BYTES = 8
export const METADATA = '__metadata__'
const MAX_DIMENSIONS = 8

/**
 * Reads a header and checks it completely: its parts against each other, and against `dataBytes`, the number of bytes
 * after it, if it is known. The tensors then tile the data without a gap, an overlap or a byte to spare.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number | undefined, fail: Fail): Header {
  const { [METADATA]: metadata = {}, ...entries } = parseObject(
    decodeUtf8(bytes, fail),
    'its header',
    3,
    fail,
  )
  const tensors = Object.entries(entries).map(([name, entry]) => tensorInfo(name, entry, fail))
  // Python's writer orders the header like the data. Other writers may not.
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkTiling(tensors, dataBytes, fail)
  return { tensors, metadata: new Map(Object.entries(checkMetadata(metadata, fail))) }
}

function decodeUtf8(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    return fail('its header is not UTF-8', { cause })
  }
}

function checkMetadata(metadata: unknown, fail: Fail): Record<string, string> {
  if (isObject(metadata) && Object.values(metadata).every(value => typeof value === 'string')) {
    return metadata as Record<string, string>
  }
  return fail(`its ${METADATA} is not an object of strings`)
}

function tensorInfo(name: string, entry: unknown, fail: Fail): TensorInfo {
  if (!isObject(entry)) return fail(`tensor ${quoted(name)} is not described by an object`)
  const { dtype, shape, data_offsets: offsets, ...others } = entry
  const [other] = Object.keys(others)
  if (other !== undefined) {
    fail(`tensor ${quoted(name)} has an entry ${quoted(other)}, which the format does not know`)
  }
  if (typeof dtype !== 'string' || !isDtype(dtype)) {
    const found = typeof dtype === 'string' ? `dtype ${quoted(dtype)}, not` : 'no dtype that is'
    return fail(`tensor ${quoted(name)} has ${found} one of ${Object.keys(ELEMENT_BYTES).join(', ')}`)
  }
  if (!isCounts(shape) || shape.length > MAX_DIMENSIONS) {
    return fail(
      `tensor ${quoted(name)} has no shape of at most ${MAX_DIMENSIONS} integers from 0 to 2^53 - 1`,
    )
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`tensor ${quoted(name)} does not have two data_offsets, integers from 0 to 2^53 - 1`)
  }
  const [begin, end] = offsets as [number, number]
  return { name, dtype, shape, begin, end }
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(each => Number.isSafeInteger(each) && each >= 0)
}

function isDtype(name: string): name is Dtype {
  return Object.hasOwn(ELEMENT_BYTES, name)
}

function checkTiling(tensors: readonly TensorInfo[], dataBytes: number | undefined, fail: Fail): void {
  let next = 0
  for (const { name, dtype, shape, begin, end } of tensors) {
    const where = `tensor ${quoted(name)} lies at bytes ${begin} to ${end} of the data`
    if (end < begin) fail(`${where}, which is backwards`)
    if (begin < next) fail(`${where}, where another tensor lies up to byte ${next}`)
    if (begin > next) fail(`${where}, but no tensor holds the bytes ${next} to ${begin} before it`)
    if (dataBytes !== undefined && end > dataBytes) fail(`${where}, which end at byte ${dataBytes}`)
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
  if (dataBytes !== undefined && next < dataBytes) {
    fail(`${dataBytes - next} bytes follow the last tensor, which ends at byte ${next}`)
  }
}

/** Returns the bytes of a tensor, or undefined if they are too many to count exactly. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number | undefined {
  let bytes: number = ELEMENT_BYTES[dtype]
  for (const size of shape) {
    bytes *= size
    if (bytes > Number.MAX_SAFE_INTEGER) return undefined
  }
  return bytes
}
