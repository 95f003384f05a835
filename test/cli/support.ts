import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bars } from '../support/dcgan'
import { folder } from '../support/folder'

/** The command train, as tests run it. */
export const TRAIN =
  'train --batch-size 4 --latent-dim 8 --output-dim 2 --seed 1 --threads 1 --device cpu'.split(' ')

/** A folder of IDX files with so many images to train on, and others to test with where `tests` is given. */
export function data(count: number, tests = 0): string {
  const path = join(folder(), 'data')
  mkdirSync(path)
  writeIdx(path, 'train', count, 0)
  if (tests > 0) writeIdx(path, 't10k', tests, count)
  return path
}

function writeIdx(path: string, split: string, count: number, first: number): void {
  const header = (...numbers: number[]) =>
    Buffer.concat(numbers.map(number => Buffer.from(Uint32Array.of(number).buffer).swap32()))
  const images = Buffer.concat([header(0x803, count, 28, 28), bars(count, first).images])
  writeFileSync(join(path, `${split}-images-idx3-ubyte.gz`), gzipSync(images))
  writeFileSync(
    join(path, `${split}-labels-idx1-ubyte`),
    Buffer.concat([header(0x801, count), Buffer.from(Array.from({ length: count }, (_, i) => i % 10))]),
  )
}
