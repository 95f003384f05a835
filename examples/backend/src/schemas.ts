import { Type } from 'typebox'

/** The numbers that the routes take, with their limits. */
export const Seed = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const Count = Type.Integer({ minimum: 1, maximum: 256, default: 16 })
export const Columns = Type.Integer({ minimum: 1, maximum: 256 })
export const Scale = Type.Integer({ minimum: 1, maximum: 16, default: 1 })
export const Frames = Type.Integer({ minimum: 2, maximum: 120, default: 24 })
/** Milliseconds a frame. */
export const Delay = Type.Integer({ minimum: 20, maximum: 2000, default: 80 })
/** A model's version, as `/model` tells it. */
export const Version = Type.String({ pattern: '^[0-9a-f]{10}$' })

/** An object with these properties and no others: a misspelt parameter is an error, not a surprise. */
export const closed = { additionalProperties: false }

/**
 * Pixels of the largest picture. PNG and GIF files are made on the event loop, about 10 ms a million pixels, in
 * which nobody else is answered.
 */
export const MAX_PIXELS = 1_000_000
