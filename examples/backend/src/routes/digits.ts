import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { answeredFromCache } from '../caching.js'
import { whenClientLeaves } from '../connections.js'
import type { Models } from '../models.js'
import { checkPixels, drawSeed, sendGrid } from '../pictures.js'
import { Columns, Count, closed, Scale, Seed, Version } from '../schemas.js'

/** Digits, one or many. */
export const digitsRoutes: FastifyPluginAsyncTypebox<{ models: Models }> = async (app, { models }) => {
  const one = {
    params: Type.Object({ seed: Seed }),
    querystring: Type.Object({ v: Type.Optional(Version) }, closed),
  }
  app.get('/digits/:seed.png', { schema: one }, (request, reply) =>
    models.use(async ({ gan, version }) => {
      if (answeredFromCache(request, reply, version)) return reply
      const digit = await gan.sample(1, { seed: request.params.seed, signal: whenClientLeaves(reply) })
      return reply.type('image/png').send(await digit.png(0))
    }),
  )

  const many = {
    querystring: Type.Object(
      {
        count: Count,
        seed: Type.Optional(Seed),
        scale: Scale,
        columns: Type.Optional(Columns),
        v: Type.Optional(Version),
      },
      closed,
    ),
  }
  app.get('/digits.png', { schema: many }, (request, reply) => {
    checkPixels(request.query)
    return models.use(async ({ gan, version }) => {
      const { seed = drawSeed() } = request.query
      // Without a seed each request asks for other digits.
      if (request.query.seed === undefined) reply.header('cache-control', 'no-store')
      else if (answeredFromCache(request, reply, version)) return reply
      reply.header('x-seed', seed)
      return sendGrid(reply, gan, { ...request.query, seed })
    })
  })
}
