import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An IDX file's bytes: magic number, dimensions, data. */
export function idx(magic: number, dimensions: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length)
  header.writeUInt32BE(magic)
  dimensions.forEach((dimension, i) => {
    header.writeUInt32BE(dimension, 4 + 4 * i)
  })
  return Buffer.concat([header, data])
}

export function imagesFile(count: number): Buffer {
  return idx(0x803, [count, 28, 28], pixels(count))
}

export function labelsFile(count: number): Buffer {
  return idx(
    0x801,
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  )
}

/** Different in every image, row and column. */
export function pixels(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 784 }, (_, i) => (i * 31 + (i >> 5)) & 255)
}

/** Writes training or test images into a folder, with labels from 0 to 9. */
export function writeIdx(folder: string, split: 'train' | 't10k', images: Uint8Array): void {
  const count = images.length / 784
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${split}-images-idx3-ubyte`), idx(0x803, [count, 28, 28], images))
  writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), labelsFile(count))
}
