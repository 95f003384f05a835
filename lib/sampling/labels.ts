import { type DcganError, invalidArgument } from '../errors.js'
import { reading } from '../options.js'
import { allocate } from '../typed-arrays.js'

/** The number of classes of a model whose labels are digits. The classifier can judge only these labels. */
export const DIGITS = 10

/** Labels: one for all images, or one for each image. */
export type Labels = number | ArrayLike<number>

/**
 * Checks labels and returns a copy with one label per image, or undefined if none are given.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, also if the model has no classes
 */
export function checkLabels(labels: unknown, count: number, classes: number): Uint8Array | undefined {
  if (labels === undefined) return undefined
  if (classes === 0) throw withoutClasses('labels', labels)
  if (typeof labels === 'number') {
    return allocate(() => new Uint8Array(count)).fill(checkLabel('labels', labels, classes))
  }
  return reading('labels', () => {
    const expected = `a label from 0 to ${classes - 1}, or ${count} of them`
    if (typeof labels !== 'object' || labels === null) throw invalidArgument('labels', expected, labels)
    const { length } = labels as ArrayLike<unknown>
    if (length !== count) throw invalidArgument('labels', expected, labels)
    const copy = allocate(() => new Uint8Array(count))
    for (let i = 0; i < count; i++) {
      copy[i] = checkLabel(`labels[${i}]`, (labels as ArrayLike<unknown>)[i], classes)
    }
    return copy
  })
}

/** Checks one label. */
export function checkLabel(key: string, label: unknown, classes: number): number {
  if (classes === 0) throw withoutClasses(key, label)
  if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < classes) return label as number
  throw invalidArgument(key, `an integer from 0 to ${classes - 1}`, label)
}

function withoutClasses(key: string, label: unknown): DcganError {
  return invalidArgument(key, 'nothing for a model without classes', label)
}
