import type { TensorSpec, ValueRule } from './table.js'

/** Bytes of a tensor that are checked at a time: few enough not to block the event loop. */
export const CHUNK_BYTES = 1 << 20

/**
 * Returns what is wrong with an element, or undefined. Called for the parts of one tensor in order: `bytes` bytes of
 * `data`, from `offset` on.
 */
type ValueCheck = (data: ArrayBuffer, offset: number, bytes: number) => string | undefined

/** Makes the check for the elements of a tensor, which are float32 or int64. */
export function valueCheck({ shape, values }: TensorSpec): ValueCheck {
  return CHECKS[values](shape[0] ?? 1)
}

const COUNT = 'an integer from 0 to 2^53 - 1'
const MAX_COUNT = BigInt(Number.MAX_SAFE_INTEGER)
const isCount = (value: bigint) => value >= 0n && value <= MAX_COUNT

const CHECKS: Record<ValueRule, (size: number) => ValueCheck> = {
  finite: () => floats(Number.NEGATIVE_INFINITY, 'a finite number'),
  'non-negative': () => floats(0, 'a finite number from 0'),
  count: () => integers(isCount, COUNT),
  // The first number is the generator's key, any 64 bits. The second is its counter.
  'random-state': () => integers((value, index) => index === 0 || isCount(value), COUNT),
  permutation: size => {
    const seen = new Uint8Array(size)
    return integers(
      value => {
        const place = Number(value)
        // An index out of range has no place.
        if (seen[place] !== 0) return false
        seen[place] = 1
        return true
      },
      `each integer from 0 to ${size - 1} once`,
    )
  },
}

function floats(least: number, expected: string): ValueCheck {
  return (data, offset, bytes) => {
    const chunk = new Float32Array(data, offset, bytes / Float32Array.BYTES_PER_ELEMENT)
    for (let i = 0; i < chunk.length; i++) {
      const value = chunk[i] as number
      // For the infinities and NaN, the difference is NaN.
      if (value - value === 0 && value >= least) continue
      return `holds ${value} at element ${offset / Float32Array.BYTES_PER_ELEMENT + i}, not ${expected}`
    }
    return undefined
  }
}

function integers(valid: (value: bigint, index: number) => boolean, expected: string): ValueCheck {
  return (data, offset, bytes) => {
    const chunk = new BigInt64Array(data, offset, bytes / BigInt64Array.BYTES_PER_ELEMENT)
    for (let i = 0; i < chunk.length; i++) {
      const index = offset / BigInt64Array.BYTES_PER_ELEMENT + i
      const value = chunk[i] as bigint
      if (!valid(value, index)) return `holds ${value} at element ${index}, not ${expected}`
    }
    return undefined
  }
}
