import { join } from 'node:path'
import { writeIdx } from '../datasets/idxFiles'
import { bars } from '../support/dcgan'
import { folder } from '../support/folder'

/** The command train, as tests run it. */
export const TRAIN =
  'train --batch-size 4 --latent-dim 8 --output-dim 2 --seed 1 --threads 1 --device cpu'.split(' ')

/** A folder of IDX files with so many images to train on, and others to test with where `tests` is given. */
export function data(count: number, tests = 0): string {
  const path = join(folder(), 'data')
  writeIdx(path, 'train', bars(count).images)
  if (tests > 0) writeIdx(path, 't10k', bars(tests, count).images)
  return path
}
