/** The largest seed. All integers up to it are exact in a `number`. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER

/** Draws a seed from the system's random numbers, 53 bits. */
export function drawSeed(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as Uint32Array & [number, number]
  return (high & 0x1fffff) * 2 ** 32 + low
}
