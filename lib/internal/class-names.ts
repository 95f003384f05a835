/** A label is a byte. */
export const MAX_CLASSES = 256

/** Returns whether a value is a list of names of classes, all of them different. */
export function areClassNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_CLASSES &&
    value.every(name => typeof name === 'string' && name !== '') &&
    new Set(value).size === value.length
  )
}
