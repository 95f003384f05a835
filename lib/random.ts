import { randomInt } from 'node:crypto'

/** The largest seed: seeds are whole numbers that a `number` holds exactly. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER

/** A seed that nobody can guess: 48 bits, the most that `crypto.randomInt` draws. */
export function drawSeed(): number {
  return randomInt(2 ** 48 - 1)
}
