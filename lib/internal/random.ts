/** The largest seed. All integers up to it are exact in a `number`. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER

/** Draws a seed. It is no secret, so it needs no cryptography. Those modules take milliseconds to load. */
export function drawSeed(): number {
  return Math.floor(Math.random() * 2 ** 53)
}
