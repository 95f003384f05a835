import { join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import { animate, snapshotName } from '../../../lib/images/index.js'
import { type Chunk, encodePng, headerOf } from '../../images/encoder.js'
import type { Mutator } from '../mutator.js'
import { files } from './kind.js'

const SIDE = 28
const SIZES = [0, 1, 27, 29, 1792, 1793, 65_535, 2 ** 31 - 1, 2 ** 32 - 1]
/** The colour types with their samples per pixel and bit depths (PNG specification, 11.2.2). */
const COLOURS = [
  { colour: 0, samples: 1, depths: [1, 2, 4, 8, 16] },
  { colour: 2, samples: 3, depths: [8, 16] },
  { colour: 3, samples: 1, depths: [1, 2, 4, 8] },
  { colour: 4, samples: 2, depths: [8, 16] },
  { colour: 6, samples: 4, depths: [8, 16] },
]

/** A snapshot in every colour type and bit depth that a PNG file may have. */
function seeds(): Chunk[][] {
  return COLOURS.flatMap(({ colour, samples, depths }) =>
    depths.map(depth => picture(colour, samples, depth)),
  )
}

function picture(colour: number, samples: number, depth: number): Chunk[] {
  const row = 1 + Math.ceil((SIDE * samples * depth) / 8)
  const rows = Buffer.alloc(row * SIDE)
  // The first byte of a row is its filter, 0 to 4.
  for (let i = 0; i < rows.length; i++) rows[i] = i % row === 0 ? (i / row) % 5 : i
  return [
    { type: 'IHDR', data: headerOf(SIDE, SIDE, depth, colour) },
    ...(colour === 3 ? [{ type: 'PLTE', data: Buffer.alloc(768, 100) }] : []),
    ...(colour > 3 ? [] : [{ type: 'tRNS', data: Buffer.alloc(colour === 3 ? 16 : 2 * samples, 1) }]),
    { type: 'gAMA', data: Buffer.of(0, 0, 0xb1, 0x8f) },
    { type: 'IDAT', data: deflateSync(rows) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ]
}

/** Ways to corrupt a file of which all checksums stay right. */
const WAYS: ((chunks: Chunk[], mutator: Mutator) => void)[] = [
  ([header], mutator) => header?.data.writeUInt32BE(mutator.pick(SIZES), 4 * mutator.below(2)),
  ([header], mutator) => header?.data.writeUInt8(mutator.below(17), 8 + mutator.below(5)),
  (chunks, mutator) => {
    const chunk = mutator.pick(chunks)
    chunk.data = mutator.corrupted(chunk.data)
  },
  (chunks, mutator) => {
    const pixels = chunks.find(({ type }) => type === 'IDAT')
    if (pixels !== undefined) pixels.data = deflateSync(mutator.corrupted(inflateSync(pixels.data)))
  },
  (chunks, mutator) => chunks.splice(mutator.below(chunks.length), 1),
  (chunks, mutator) => chunks.splice(mutator.below(chunks.length), 0, mutator.pick(chunks)),
  (chunks, mutator) => {
    const at = mutator.below(chunks.length)
    const { type, data } = chunks[at] as Chunk
    const cut = mutator.below(data.length + 1)
    chunks.splice(at, 1, { type, data: data.subarray(0, cut) }, { type, data: data.subarray(cut) })
  },
]

/** PNG files among the snapshots of a run, which are made into a GIF. */
export function pngFiles(folder: string) {
  const all = seeds()
  return files({
    make(mutator) {
      const chunks = mutator.pick(all).map(({ type, data }) => ({ type, data: Buffer.from(data) }))
      const way = mutator.below(3)
      if (way > 0) mutator.pick(WAYS)(chunks, mutator)
      const bytes = way === 1 ? encodePng(chunks) : mutator.corrupted(encodePng(chunks))
      return { path: join(folder, snapshotName(0)), bytes }
    },
    read: () => animate(folder, join(folder, 'output.gif')),
    codes: ['ERR_DCGAN_IO'],
    // The pixels that a header may declare, in colour, twice.
    memory: 2 * 4 * 1792 ** 2,
  })
}
