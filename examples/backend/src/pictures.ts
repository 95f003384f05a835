import { randomInt } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { DCGAN } from 'libtorch-dcgan'
import { whenClientLeaves } from './connections.js'
import { HttpError } from './errors.js'
import { MAX_PIXELS } from './schemas.js'

export interface Grid {
  count: number
  seed: number
  scale: number
  columns?: number
}

export async function sendGrid(reply: FastifyReply, gan: DCGAN, grid: Grid): Promise<FastifyReply> {
  const { count, seed, ...layout } = grid
  const digits = await gan.sample(count, { seed, signal: whenClientLeaves(reply) })
  const { scale, columns } = layout
  const png = await digits.grid({ scale, ...(columns !== undefined && { columns }) })
  return reply.type('image/png').send(png)
}

/** A grid or a film of `count` digits must not take too long to make. */
export function checkPixels({ count, columns = 1, scale }: Omit<Grid, 'seed'>): void {
  const cells = Math.ceil(count / columns) * columns
  const pixels = cells * (28 * scale) ** 2
  if (pixels <= MAX_PIXELS) return
  const message = `${pixels} pixels are more than ${MAX_PIXELS}. Ask for fewer digits, or a smaller scale`
  throw new HttpError(400, 'ERR_TOO_LARGE', message)
}

/** Short enough to read out. */
export function drawSeed(): number {
  return randomInt(1_000_000)
}
