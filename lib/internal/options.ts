import { DcganError, invalidArgument, shortened } from '../errors.js'

/**
 * Checks that `value` is an object that has only known keys, and reads each of them once. An unknown key is an error
 * that names the nearest known one, because a misspelled option that is ignored is hard to find.
 *
 * The result has no prototype, and properties of `Object.prototype` are not read: code that can put one there chooses no
 * options of these calls.
 *
 * @param elsewhere says where a key belongs that is known in another place, and undefined for other keys
 */
export function checkKeys(
  what: string,
  value: unknown,
  known: readonly string[],
  elsewhere: (key: string) => string | undefined = () => undefined,
): Record<string, unknown> {
  if (value === undefined) return withoutPrototype({})
  return reading(what, () => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw invalidArgument(what, 'an object', value)
    }
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue
      throw new DcganError(
        'ERR_DCGAN_INVALID_ARGUMENT',
        `Unknown key ${JSON.stringify(shortened(key))} in ${what}. ${adviceFor(key, known, elsewhere)}Known: ${known.join(', ')}`,
      )
    }
    const given = value as Record<string, unknown>
    const found = known.filter(key => isGiven(given, key))
    return withoutPrototype(Object.fromEntries(found.map(key => [key, given[key]])))
  })
}

/** Copies an object's own properties into one without a prototype. */
export function withoutPrototype<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object)
}

/** The longest chain of prototypes that is followed. A proxy may have one without an end. */
const MAX_PROTOTYPES = 100

/** Returns whether an object has a property, itself or from a class, but not from `Object.prototype`. */
function isGiven(object: object, key: string): boolean {
  let holder: object = object
  for (let i = 0; i < MAX_PROTOTYPES; i++) {
    const prototype: object | null = Object.getPrototypeOf(holder)
    if (Object.hasOwn(holder, key)) return i === 0 || prototype !== null
    if (prototype === null) return false
    holder = prototype
  }
  return false
}

/**
 * Returns what `read` reads of the caller's value, which may be a proxy or have getters. If they throw, throws
 * `ERR_DCGAN_INVALID_ARGUMENT` with their error as its cause.
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof DcganError) throw cause
    throw new DcganError(
      'ERR_DCGAN_INVALID_ARGUMENT',
      `Cannot read ${what}: one of its getters throws an error, which is this error's cause. Give a plain value`,
      { cause },
    )
  }
}

/** Checks the value of an option, which is undefined unless it was given. */
export type Check<T> = (key: string, value: unknown) => T

/** Checks options by a table that has a check for each key, as `checkKeys` does. Returns a value for every key. */
export function checkOptions<T extends object>(
  what: string,
  given: unknown,
  checks: { readonly [K in keyof T]: Check<T[K]> },
  elsewhere?: (key: string) => string | undefined,
): T {
  const keys = Object.keys(checks) as (keyof T & string)[]
  const values = checkKeys(what, given, keys, elsewhere)
  return Object.fromEntries(keys.map(key => [key, checks[key](key, values[key])])) as T
}

/** The check of an option that is checked later, together with others. */
export const unchecked: Check<unknown> = (_, value) => value

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (key, value) => (value === undefined ? undefined : check(key, value))
}

export function orElse<T>(otherwise: NoInfer<T>, check: Check<T>): Check<T> {
  return (key, value) => (value === undefined ? otherwise : check(key, value))
}

export function integer(min: number, max: number, remark = ''): Check<number> {
  return (key, value) => checkInteger(key, value, min, max, remark)
}

export function oneOf<T extends string>(...allowed: T[]): Check<T> {
  return (key, value) => {
    const found = allowed.find(each => each === value)
    if (found !== undefined) return found
    const expected = allowed.map(each => `'${each}'`).join(', ')
    throw invalidArgument(key, expected.replace(/, (?='[^']*'$)/, ' or '), value)
  }
}

export function checkInteger(key: string, value: unknown, min: number, max: number, remark = ''): number {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    throw invalidArgument(key, `an integer from ${min} to ${max}${remark}`, value)
  }
  return value as number
}

/** Makes the check of a callback, which may be missing. */
export function callback<T>(): Check<T | undefined> {
  return (key, value) => {
    if (value !== undefined && typeof value !== 'function') throw invalidArgument(key, 'a function', value)
    return value as T | undefined
  }
}

/** Checks a signal by its methods, and not with instanceof, because it may come from another realm. */
export const checkSignal: Check<AbortSignal | undefined> = (key, value) => {
  if (value === undefined) return undefined
  const signal = value as AbortSignal | null
  const fits = reading(
    key,
    () =>
      typeof signal?.aborted === 'boolean' &&
      SIGNAL_METHODS.every(name => typeof signal[name] === 'function'),
  )
  if (!fits) throw invalidArgument(key, 'an AbortSignal', value)
  return value as AbortSignal
}

/** Checks a switch, which is off by default. */
export const checkSwitch: Check<boolean> = (key, value = false) => {
  if (typeof value !== 'boolean') throw invalidArgument(key, 'true or false', value)
  return value
}

const SIGNAL_METHODS = ['addEventListener', 'removeEventListener', 'throwIfAborted'] as const

/** T with all its options given. */
export type Complete<T> = { [K in keyof T]-?: Exclude<T[K], undefined> }

/** Returns the object without keys of undefined values. */
export function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

const MAX_NAME = 60

/** Our names of hyper-parameters and options, and the names that users of Keras and PyTorch write. */
const OTHER_NAMES = [
  ['discLr genLr', 'lr learningrate'],
  ['beta1 beta2', 'betas'],
  ['latentDim', 'nz zdim noisedim codings'],
  ['batchSize', 'bs'],
  ['classes', 'numclasses nclasses'],
  ['gap', 'padding'],
  ['columns', 'nrow'],
  ['count', 'n num samples numsamples'],
  ['outputDir', 'path'],
  ['dataset', 'data'],
].map(names => names.map(each => each.split(' ')) as [ours: string[], others: string[]])

function adviceFor(
  key: string,
  known: readonly string[],
  elsewhere: (key: string) => string | undefined,
): string {
  const place = elsewhere(key)
  if (place !== undefined) return `${place}. `
  const [ours = []] = OTHER_NAMES.find(([, others]) => others.includes(plain(key))) ?? []
  const same = ours.filter(name => known.includes(name))
  const meant = same.length > 0 ? same.join(' or ') : nearest(key, known)
  return meant === undefined ? '' : `Did you mean ${meant}? `
}

/** Returns the known name that is most like a key; undefined if none is much like it. */
function nearest(key: string, known: readonly string[]): string | undefined {
  // All known names are shorter than this.
  const given = plain(key.slice(0, MAX_NAME))
  const distances = known.map(name => distance(given, plain(name)))
  const least = Math.min(...distances)
  return least <= Math.max(1, Math.floor(given.length / 2)) ? known[distances.indexOf(least)] : undefined
}

/** Removes separators and capitals: `batch_size` and `batchSize` are the same name. */
function plain(key: string): string {
  return key.replaceAll(/[_-]/g, '').toLowerCase()
}

/** The fewest characters of a name that stand for the whole of it. */
const LEAST_PREFIX = 3

/** Counts the edits between two names. The beginning of a name is one edit away from it, however long the rest is. */
function distance(key: string, name: string): number {
  const begins = name.startsWith(key) || key.startsWith(name)
  return begins && Math.min(key.length, name.length) >= LEAST_PREFIX ? 1 : editDistance(key, name)
}

/** Computes Levenshtein's distance, one row after the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
