import { crc32 } from 'node:zlib'

/** A chunk of a PNG file. */
export interface Chunk {
  type: string
  data: Buffer
}

/** The data of a header of a PNG file. */
export function headerOf(width: number, height: number, bitDepth: number, colour: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([bitDepth, colour], 8)
  return header
}

/** A PNG file of these chunks, with the right checksums. */
export function encodePng(chunks: readonly Chunk[]): Buffer {
  const parts = chunks.map(({ type, data }) => {
    const part = Buffer.alloc(12 + data.length)
    part.writeUInt32BE(data.length)
    part.write(type, 4, 'latin1')
    part.set(data, 8)
    part.writeUInt32BE(crc32(part.subarray(4, 8 + data.length)), 8 + data.length)
    return part
  })
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts])
}
