import { checkDataset } from '../../lib/datasets/index'
import { code } from '../support/failure'
import { pixels } from './idxFiles'

const good = { images: pixels(2), labels: Uint8Array.of(7, 1), count: 2, width: 28, height: 28 }

test('a data set that fits is taken, without a copy of its images', () => {
  const checked = checkDataset(good)
  expect(checked).toEqual(good)
  expect(checked.images.buffer).toBe(good.images.buffer)
})

test('a Buffer and an array of another realm are Uint8Arrays', () => {
  const buffer = Buffer.alloc(784)
  expect(checkDataset({ ...good, count: 1, images: buffer, labels: undefined }).images.buffer).toBe(
    buffer.buffer,
  )
})

test.each([
  ['left out', undefined],
  ['empty', new Uint8Array(0)],
])('labels may be %s', (_, labels) => {
  expect(checkDataset({ ...good, labels }).labels).toHaveLength(0)
})

test.each([
  ['dataset', undefined],
  ['dataset', null],
  ['dataset', 5],
  ['dataset.images', { ...good, images: undefined }],
  ['dataset.images', { ...good, images: [...good.images] }],
  ['dataset.images', { ...good, images: new Float32Array(2 * 784) }],
  ['dataset.images', { ...good, images: new Uint8ClampedArray(2 * 784) }],
  ['dataset.labels', { ...good, labels: [7, 1] }],
  ['dataset.labels', { ...good, labels: null }],
  ['dataset.count', { ...good, count: '2' }],
  ['dataset.count', { ...good, count: 1.5 }],
  ['dataset.count', { ...good, count: Number.NaN }],
  ['dataset.width', { ...good, width: undefined }],
  ['dataset.height', { ...good, height: 28n }],
])('a wrong type of %s is named: %#', (key, value) => {
  expect(() => checkDataset(value)).toThrow(
    code('ERR_DCGAN_INVALID_ARGUMENT', new RegExp(` for ${key} but received`)),
  )
})

test.each([
  ['count', { ...good, count: 3 }, '3 images of 28×28 take 2352 bytes and dataset.images has 1568'],
  ['count', { ...good, count: 0, images: new Uint8Array(0) }, 'its count is 0.'],
  ['count', { ...good, count: -2 }, 'its count is -2.'],
  ['width', { ...good, width: 32 }, 'its images are 32×28 pixels. The networks take 28×28 grey images'],
  ['height', { ...good, height: 14 }, 'its images are 28×14 pixels'],
  ['images', { ...good, images: new Uint8Array(2 * 784 * 3) }, 'seems to be RGB, with 3 bytes per pixel.'],
  ['images', { ...good, images: new Uint8Array(2 * 784 * 4) }, 'seems to be RGBA, with 4 bytes per pixel.'],
  ['images', { ...good, images: pixels(2).subarray(1) }, 'dataset.images has 1567'],
  ['labels', { ...good, labels: Uint8Array.of(1) }, 'it has 2 images and 1 labels'],
])('a %s that does not fit is explained: %#', (_, value, message) => {
  expect(() => checkDataset(value)).toThrow(code('ERR_DCGAN_BAD_DATASET', message))
})
