import { PassThrough } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { DcganError } from 'libtorch-dcgan'
import { Type } from 'typebox'
import { whenClientLeaves } from '../connections.js'
import { statusOf } from '../errors.js'
import { requireToken } from '../guard.js'
import { checkSheet, closed, Seed, sendSheet, sheet } from '../pictures.js'
import type { Trainer } from '../trainer.js'

export interface TrainOptions {
  trainer: Trainer
  /** Whoever has it may replace the model that is served. */
  token: string
}

/** Training, watched while it happens. The run belongs to the request: whoever hangs up stops it. */
export const trainRoutes: FastifyPluginAsyncTypebox<TrainOptions> = async (app, { trainer, token }) => {
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
  app.post('/train', { schema: run, onRequest: requireToken(token) }, async (request, reply) => {
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

  const look = { querystring: Type.Object({ ...sheet, seed: Type.Union([Seed], { default: 0 }) }, closed) }
  app.get('/train/digits.png', { schema: look }, async (request, reply) => {
    const checked = checkSheet(request.query)
    reply.header('cache-control', 'no-store')
    if (trainer.gan === undefined) return reply.code(204).send()
    try {
      return await sendSheet(reply, trainer.gan, request.query.seed, checked)
    } catch (error) {
      // The run has ended meanwhile, which is no failure.
      if (error instanceof DcganError && error.code === 'ERR_DCGAN_DISPOSED') return reply.code(204).send()
      throw error
    }
  })
}

function stopped(error: Error): { code: string | undefined; message: string } {
  return { code: (error as { code?: string }).code, message: error.message }
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) as an answer's body. */
class EventStream {
  readonly #body = new PassThrough()

  /** Sends the headers; from here on every failure is an event. */
  constructor(reply: FastifyReply) {
    reply
      .type('text/event-stream')
      .header('cache-control', 'no-store')
      // nginx would hold the events back until it has a buffer full.
      .header('x-accel-buffering', 'no')
      .send(this.#body)
  }

  send(event: string, data: unknown): void {
    if (this.#body.writable) this.#body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** For events that the next ones make superfluous: left out while the client is slow to read. */
  sendIfReading(event: string, data: unknown): void {
    if (!this.#body.writableNeedDrain) this.send(event, data)
  }

  end(): void {
    this.#body.end()
  }
}
