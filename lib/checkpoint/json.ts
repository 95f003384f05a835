import { withoutPrototype } from '../internal/options.js'
import type { Fail } from './errors.js'

/** The most keys, and the most commas. A state's header has about 300 of each. To build many more values takes long. */
const MAX_KEYS = 4096
const MAX_COMMAS = 8192

/**
 * Parses an untrusted JSON text that must be an object, nested at most `depth` deep. Refuses it before it is built. Reads
 * each character once.
 *
 * @param what names the text in messages: `'its header'`
 */
export function parseObject(text: string, what: string, depth: number, fail: Fail): Record<string, unknown> {
  const keys = countKeys(text, what, depth, fail)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    fail(`${what} is not JSON`, { cause })
  }
  if (!isObject(value)) return fail(`${what} is not an object`)
  // JSON.parse silently keeps the last of two equal keys.
  if (keys !== keysIn(value)) fail(`${what} has a key twice in one object`)
  return withoutPrototype(value)
}

/** Returns whether a parsed value is an object and not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Counts the keys of a JSON text: outside strings, each has a colon. */
function countKeys(text: string, what: string, depth: number, fail: Fail): number {
  let [keys, commas, level] = [0, 0, 0]
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') inString = !inString
    else if (inString) i += character === '\\' ? 1 : 0
    else if (character === '{' || character === '[') level++
    else if (character === '}' || character === ']') level--
    else if (character === ':') keys++
    else if (character === ',') commas++
    if (level > depth) fail(`${what} is nested more than ${depth} deep`)
    if (keys > MAX_KEYS || commas > MAX_COMMAS) {
      fail(`${what} has more than ${MAX_KEYS} keys or ${MAX_COMMAS} commas`)
    }
  }
  return keys
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, each) => sum + keysIn(each), own)
}
