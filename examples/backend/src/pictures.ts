import { randomInt } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { DCGAN } from 'libtorch-dcgan'
import { type Static, Type } from 'typebox'
import { whenClientLeaves } from './connections.js'
import { HttpError } from './errors.js'

/** Digits of the largest sheet. */
export const MAX_COUNT = 256
const DEFAULT_COUNT = 16

/**
 * Pixels of the largest picture. PNG and GIF files are made on the event loop, about 10 ms per million pixels, in
 * which nobody else is answered.
 */
const MAX_PIXELS = 1_000_000

export const Seed = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const Scale = Type.Integer({ minimum: 1, maximum: 16, default: 1 })
/** The version of a model, as `/model` returns it. */
export const Version = Type.String({ pattern: '^[0-9a-f]{10}$' })

/** An object with these properties and no others: a misspelt parameter is an error, not a surprise. */
export const closed = { additionalProperties: false }

/** The parameters of a sheet without its seed. */
export const sheet = {
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_COUNT })),
  columns: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_COUNT })),
  scale: Scale,
  /** Such as `7`, or `0,1,2`. */
  labels: Type.Optional(Type.String({ pattern: `^\\d{1,3}(,\\d{1,3}){0,${MAX_COUNT - 1}}$` })),
}
const Sheet = Type.Object(sheet)

/** A sheet. Its size is known and allowed. */
export interface CheckedSheet {
  count: number
  labels: number[] | undefined
  layout: { scale: number; columns?: number }
}

/** The digits of a sheet run through its labels over and over. Several labels alone are a sheet of one digit each. */
export function checkSheet({ labels: list, columns, scale, ...given }: Static<typeof Sheet>): CheckedSheet {
  const names = list?.split(',').map(Number) ?? []
  const { count = names.length > 1 ? names.length : DEFAULT_COUNT } = given
  checkPixels(count, scale, columns)
  return {
    count,
    labels:
      list === undefined
        ? undefined
        : Array.from({ length: count }, (_, i) => names[i % names.length] as number),
    layout: { scale, ...(columns !== undefined && { columns }) },
  }
}

/** A grid or a film of `count` digits must not take too long to make. */
export function checkPixels(count: number, scale: number, columns = 1): void {
  const cells = Math.ceil(count / columns) * columns
  const pixels = cells * (28 * scale) ** 2
  if (pixels <= MAX_PIXELS) return
  const message = `${pixels} pixels are more than ${MAX_PIXELS}. Request fewer digits, or a smaller scale`
  throw new HttpError(400, 'ERR_TOO_LARGE', message)
}

export async function sendSheet(
  reply: FastifyReply,
  gan: DCGAN,
  seed: number,
  { count, labels, layout }: CheckedSheet,
): Promise<FastifyReply> {
  const digits = await gan.sample(count, { seed, labels, signal: whenClientLeaves(reply) })
  return reply.type('image/png').send(await digits.grid(layout))
}

/** Short enough to read out. */
export function drawSeed(): number {
  return randomInt(1_000_000)
}
