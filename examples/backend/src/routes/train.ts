import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { whenClientLeaves } from '../client.js'
import { statusOf } from '../errors.js'
import { EventStream } from '../events.js'
import { checkPixels, sendGrid } from '../pictures.js'
import { Columns, Count, closed, Scale, Seed } from '../schemas.js'
import type { Trainer } from '../trainer.js'

/** Training, watched while it happens. The run belongs to the request: whoever hangs up stops it. */
export const trainRoutes: FastifyPluginAsyncTypebox<{ trainer: Trainer }> = async (app, { trainer }) => {
  const run = {
    body: Type.Object(
      {
        epochs: Type.Integer({ minimum: 1, maximum: 50, default: 1 }),
        images: Type.Integer({ minimum: 100, maximum: 60_000, default: 60_000 }),
        seed: Type.Optional(Seed),
      },
      closed,
    ),
  }
  app.post('/train', { schema: run }, async (request, reply) => {
    const { epochs, images, seed } = request.body
    const signal = whenClientLeaves(reply)
    let events: EventStream | undefined
    const training = trainer.start(
      { epochs, images, seed },
      {
        signal,
        onStart: ({ hparams }) => events?.send('start', { epochs, images, seed: hparams.seed }),
        onProgress: progress => events?.sendIfReading('progress', progress),
      },
    )
    // It runs: a second run, or a request that is not valid, has been answered as JSON before this line.
    events = new EventStream(reply)
    try {
      const { gan, version } = await training
      events.send('done', { version, step: gan.step, epoch: gan.epoch })
    } catch (error) {
      events.send('stopped', stopped(error as Error))
      if (!signal.aborted && statusOf(error as Error) === 500) request.log.error(error)
    }
    events.end()
    return reply
  })

  const look = {
    querystring: Type.Object(
      {
        count: Count,
        seed: Type.Union([Seed], { default: 0 }),
        scale: Scale,
        columns: Type.Optional(Columns),
      },
      closed,
    ),
  }
  app.get('/train/digits.png', { schema: look }, async (request, reply) => {
    checkPixels(request.query)
    reply.header('cache-control', 'no-store')
    // No failure: a run can end while somebody looks on.
    if (trainer.gan === undefined) return reply.code(204).send()
    return sendGrid(reply, trainer.gan, request.query)
  })
}

function stopped(error: Error): { code: string | undefined; message: string } {
  return { code: (error as { code?: string }).code, message: error.message }
}
