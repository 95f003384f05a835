import { type Header, LENGTH_BYTES, METADATA } from './header.js'

/** Makes the start of a file with these tensors: the header's length and the header, padded with spaces to 8 bytes. */
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
