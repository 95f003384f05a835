import type { Fail } from './errors.js'

/**
 * Parses an untrusted JSON text that must be an object, nested at most `depth` deep. Refuses it before it is built.
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
  // JSON.parse silently keeps the last of two equal keys, so the keys are counted: outside strings, each has a colon.
  if (bare.split(':').length - 1 !== keysIn(value)) fail(`${what} has a key twice in one object`)
  return value
}

/** Tells whether a parsed value is an object and not a list. */
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
