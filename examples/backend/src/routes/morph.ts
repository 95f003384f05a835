import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ImageBatch } from 'libtorch-dcgan'
import { Type } from 'typebox'
import { answeredFromCache } from '../caching.js'
import { whenClientLeaves } from '../connections.js'
import type { Models } from '../models.js'
import { checkPixels } from '../pictures.js'
import { closed, Delay, Frames, Scale, Seed, Version } from '../schemas.js'

/** The way from one seed's digit to another's: as an animation, and as a strip of frames for a page to show. */
export const morphRoutes: FastifyPluginAsyncTypebox<{ models: Models }> = async (app, { models }) => {
  const way = { from: Seed, to: Seed, frames: Frames, scale: Scale, v: Type.Optional(Version) }

  const gif = { querystring: Type.Object({ ...way, delay: Delay }, closed) }
  app.get('/morph.gif', { schema: gif }, (request, reply) => {
    const { from, to, frames, scale, delay } = request.query
    checkPixels({ count: 2 * frames - 2, scale })
    return models.use(async ({ gan, version }) => {
      if (answeredFromCache(request, reply, version)) return reply
      const film = await gan.interpolate(from, to, frames, { signal: whenClientLeaves(reply) })
      return reply.type('image/gif').send(await thereAndBack(film).gif({ delay, scale }))
    })
  })

  const strip = { querystring: Type.Object(way, closed) }
  app.get('/morph.png', { schema: strip }, (request, reply) => {
    const { from, to, frames, scale } = request.query
    checkPixels({ count: frames, scale })
    return models.use(async ({ gan, version }) => {
      if (answeredFromCache(request, reply, version)) return reply
      const film = await gan.interpolate(from, to, frames, { signal: whenClientLeaves(reply) })
      return reply.type('image/png').send(await film.grid({ columns: frames, scale }))
    })
  })
}

/** An animation repeats: without the way back it would jump. The two ends are shown once. */
function thereAndBack(film: ImageBatch): ImageBatch {
  const back = Array.from({ length: film.count - 2 }, (_, i) => film.image(film.count - 2 - i))
  return new ImageBatch(Buffer.concat([film.pixels, ...back]))
}
