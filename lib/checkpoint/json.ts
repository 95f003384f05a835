import type { Fail } from './errors.js'

/**
 * The object that a JSON text of a stranger's says, nested at most `depth` deep: refused before anything is built.
 *
 * @param what names the text in messages: `'its header'`
 */
export function parseObject(text: string, what: string, depth: number, fail: Fail): Record<string, unknown> {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  if (depthOf(bare) > depth) fail(`${what} is nested more than ${depth} deep`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    fail(`${what} is not JSON`, { cause })
  }
  if (!isObject(value)) return fail(`${what} is not an object`)
  // JSON.parse keeps the last of two equal keys and says nothing. Outside of strings, a colon follows each key.
  if (bare.split(':').length - 1 !== keysIn(value)) fail(`${what} has a key twice in one object`)
  return value
}

/** Whether a value that JSON.parse made is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function depthOf(bare: string): number {
  let depth = 0
  let most = 0
  for (const character of bare) {
    if (character === '{' || character === '[') most = Math.max(most, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return most
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, each) => sum + keysIn(each), own)
}
