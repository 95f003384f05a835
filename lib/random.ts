/** The largest seed: seeds are whole numbers that a `number` holds exactly. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER

/** A seed that nobody can guess: 53 bits of the system's random numbers. */
export function drawSeed(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as Uint32Array & [number, number]
  return (high & 0x1fffff) * 2 ** 32 + low
}
