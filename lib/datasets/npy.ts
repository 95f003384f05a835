/** The header of an array in NumPy's format (numpy.lib.format). */
export interface NpyHeader {
  /** For example `|u1` for bytes and `<i8` for 64-bit integers. */
  dtype: string
  fortran: boolean
  shape: number[]
  /** Bytes of the header, after which the elements begin. */
  bytes: number
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
const ALIGNMENT = 64
/** The header of an array takes about 100 bytes. */
const MAX_HEADER_BYTES = 2 ** 16

/** Makes the header of an array, padded so that the elements are aligned. */
export function npyHeader(dtype: string, shape: readonly number[]): Buffer {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${dimensions}), }`
  const before = MAGIC.length + 4
  const length = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT - before
  const header = Buffer.alloc(before + length, ' ')
  MAGIC.copy(header)
  header.set([1, 0], MAGIC.length)
  header.writeUInt16LE(length, MAGIC.length + 2)
  header.write(text, before, 'latin1')
  header.write('\n', header.length - 1)
  return header
}

/** Reads a header. Returns undefined if the bytes do not begin with one. */
export function parseNpyHeader(bytes: Buffer): NpyHeader | undefined {
  if (bytes.length < 12 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const before = bytes[MAGIC.length] === 1 ? 10 : 12
  const length = before === 10 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8)
  if (length > MAX_HEADER_BYTES || before + length > bytes.length) return undefined
  const text = bytes.toString('latin1', before, before + length)
  const dtype = /'descr':\s*'([^']+)'/.exec(text)?.[1]
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1]
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1]
  if (dtype === undefined || fortran === undefined || shape === undefined) return undefined
  const sizes = shape.split(',').map(size => size.trim())
  return {
    dtype,
    fortran: fortran === 'True',
    shape: sizes.filter(size => size !== '').map(Number),
    bytes: before + length,
  }
}
