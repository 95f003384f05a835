/** The names of MNIST's classes. */
export const DIGIT_NAMES: readonly string[] = Object.freeze([...'0123456789'])

/** The fingerprints of MNIST's 60,000 training images, with their labels and without. */
const MNIST = ['e8cacf977b55e43c', '5b482c9fb4ad2038']

/** Returns true if classes have the names of digits. */
export function namedAsDigits(classNames: readonly string[] | undefined): boolean {
  return classNames?.join() === DIGIT_NAMES.join()
}

/**
 * Returns false if a model's images are known not to be digits. The classifier that the package ships reads only digits.
 *
 * @param count how many images the model was trained on
 * @param hash their fingerprint
 */
export function areDigits(count: number, hash: string, classNames: readonly string[] | undefined): boolean {
  return count === 0 || MNIST.includes(hash) || namedAsDigits(classNames)
}
