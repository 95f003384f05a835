import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ImageBatch } from 'libtorch-dcgan'
import { Type } from 'typebox'
import { answeredFromCache } from '../caching.js'
import { whenClientLeaves } from '../connections.js'
import type { Models } from '../models.js'
import {
  checkPixels,
  checkSheet,
  closed,
  drawSeed,
  Scale,
  Seed,
  sendSheet,
  sheet,
  Version,
} from '../pictures.js'

const v = Type.Optional(Version)

/** Digits: one, many, and the way from one to another. */
export const digitsRoutes: FastifyPluginAsyncTypebox<{ models: Models }> = async (app, { models }) => {
  const one = {
    params: Type.Object({ seed: Seed }),
    querystring: Type.Object({ seed: Type.Optional(Seed), v }, closed),
  }
  // The number in the path is a seed, and a label where the query has the seed: `/digits/42.png` is the digit of
  // seed 42 by any model, `/digits/7.png?seed=42` its seven by a model with classes.
  app.get('/digits/:seed.png', { schema: one }, ({ params, query }, reply) =>
    models.use(async ({ gan, version }) => {
      const [seed, labels] = query.seed === undefined ? [params.seed] : [query.seed, params.seed]
      if (answeredFromCache(reply, version)) return reply
      const digit = await gan.sample(1, { seed, labels, signal: whenClientLeaves(reply) })
      return reply.type('image/png').send(await digit.png(0))
    }),
  )

  const many = { querystring: Type.Object({ ...sheet, seed: Type.Optional(Seed), v }, closed) }
  app.get('/digits.png', { schema: many }, ({ query }, reply) => {
    const checked = checkSheet(query)
    return models.use(async ({ gan, version }) => {
      const { seed = drawSeed() } = query
      // Without a seed, each request gets other digits.
      if (query.seed === undefined) reply.header('cache-control', 'no-store')
      else if (answeredFromCache(reply, version)) return reply
      reply.header('x-seed', seed)
      return sendSheet(reply, gan, seed, checked)
    })
  })

  const way = {
    from: Seed,
    to: Seed,
    label: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    frames: Type.Integer({ minimum: 2, maximum: 120, default: 24 }),
    scale: Scale,
    v,
  }
  /** Milliseconds per frame. */
  const delay = Type.Integer({ minimum: 20, maximum: 2000, default: 80 })
  app.get(
    '/morph.gif',
    { schema: { querystring: Type.Object({ ...way, delay }, closed) } },
    ({ query }, reply) => {
      const { from, to, label, frames, scale, delay } = query
      checkPixels(2 * frames - 2, scale)
      return models.use(async ({ gan, version }) => {
        if (answeredFromCache(reply, version)) return reply
        const film = await gan.interpolate(from, to, frames, { label, signal: whenClientLeaves(reply) })
        return reply.type('image/gif').send(await thereAndBack(film).gif({ delay, scale }))
      })
    },
  )

  // The same frames side by side, for a page to show one by one.
  app.get('/morph.png', { schema: { querystring: Type.Object(way, closed) } }, ({ query }, reply) => {
    const { from, to, label, frames, scale } = query
    checkPixels(frames, scale)
    return models.use(async ({ gan, version }) => {
      if (answeredFromCache(reply, version)) return reply
      const film = await gan.interpolate(from, to, frames, { label, signal: whenClientLeaves(reply) })
      return reply.type('image/png').send(await film.grid({ columns: frames, scale }))
    })
  })
}

/** An animation repeats: without the way back it would jump. The two ends are shown once. */
function thereAndBack(film: ImageBatch): ImageBatch {
  const back = Array.from({ length: film.count - 2 }, (_, i) => film.image(film.count - 2 - i))
  return new ImageBatch(Buffer.concat([film.pixels, ...back]))
}
