/** A label is a byte. */
export const MAX_CLASSES = 256
/** Characters of a name. The header of a state file has room for as many names of this length. */
const MAX_NAME = 256

/** The rule for a list of names, in the words of messages. */
export const CLASS_NAMES_RULE = `a list of up to ${MAX_CLASSES} texts of 1 to ${MAX_NAME} characters, all of them different,`

/** Returns whether a value is a list of names of classes, all of them different. */
export function areClassNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_CLASSES &&
    value.every(name => typeof name === 'string' && name !== '' && name.length <= MAX_NAME) &&
    new Set(value).size === value.length
  )
}
