import { type DcganError, invalidArgument, shortened } from '../errors.js'
import { reading } from '../internal/options.js'
import { allocate } from '../internal/typed-arrays.js'

/** The number of classes of a model with digits as labels. The classifier can judge only these labels. */
export const DIGITS = 10

/** Labels: one for all images, or one for each image. A name of a class, as in `gan.classNames`, stands for its number. */
export type Labels = number | string | ArrayLike<number | string>

/** The classes of a model, and their names if its data set has names. */
export interface Classes {
  classes: number
  classNames?: readonly string[] | undefined
  /** False if the images are known not to be digits. The shipped classifier reads only digits. */
  digits?: boolean | undefined
}

/**
 * Checks labels and returns a copy with one label per image, or undefined if none are given.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`, also if the model has no classes
 */
export function checkLabels(labels: unknown, count: number, of: Classes): Uint8Array | undefined {
  if (labels === undefined) return undefined
  if (of.classes === 0) throw withoutClasses('labels', labels)
  if (typeof labels === 'number' || typeof labels === 'string') {
    return allocate(() => new Uint8Array(count)).fill(checkLabel('labels', labels, of))
  }
  return reading('labels', () => {
    const expected = `a label from 0 to ${of.classes - 1}, or a list of ${count},`
    if (typeof labels !== 'object' || labels === null) throw invalidArgument('labels', expected, labels)
    const { length } = labels as ArrayLike<unknown>
    if (length !== count) throw invalidArgument('labels', expected, labels)
    const copy = allocate(() => new Uint8Array(count))
    for (let i = 0; i < count; i++) {
      copy[i] = checkLabel(`labels[${i}]`, (labels as ArrayLike<unknown>)[i], of)
    }
    return copy
  })
}

/** Checks one label, a number or the name of a class. Returns its number. */
export function checkLabel(key: string, label: unknown, { classes, classNames }: Classes): number {
  if (classes === 0) throw withoutClasses(key, label)
  if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < classes) return label as number
  const named = classNames?.slice(0, classes).indexOf(label as string) ?? -1
  if (named >= 0) return named
  const names = classNames === undefined ? '' : ` or one of ${shownNames(classNames)}`
  throw invalidArgument(key, `an integer from 0 to ${classes - 1}${names}`, label)
}

const SHOWN_NAMES = 10

function shownNames(names: readonly string[]): string {
  const some = names.slice(0, SHOWN_NAMES).map(name => `'${shortened(name)}'`)
  return `${some.join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}`
}

/** Makes the error for labels that a model without classes gets. */
export function withoutClasses(key: string, label: unknown): DcganError {
  return invalidArgument(key, 'nothing', label, 'the model has no classes')
}
