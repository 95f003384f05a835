import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Config } from './config.js'
import { answerError, describeInvalid, notFound } from './errors.js'
import { Metrics } from './metrics.js'
import type { Models } from './models.js'
import { digitsRoutes } from './routes/digits.js'
import { healthRoutes } from './routes/health.js'
import { morphRoutes } from './routes/morph.js'
import { pageRoutes } from './routes/page.js'
import { trainRoutes } from './routes/train.js'
import { Trainer } from './trainer.js'

export interface App {
  server: FastifyInstance
  /** From here on `/healthz` says 503, so that a load balancer sends requests elsewhere. */
  stopping(): void
}

/** The whole server but for its port and its signals. It disposes of the models when it is closed. */
export async function buildApp(config: Config, models: Models): Promise<App> {
  const server = Fastify({
    logger: { level: config.logLevel },
    // A line a request costs more than the request. The metrics count them.
    logController: new LogController({ disableRequestLogging: true }),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    schemaErrorFormatter: describeInvalid,
  }).withTypeProvider<TypeBoxTypeProvider>()
  const trainer = new Trainer(models, config.saveTrained)
  const metrics = new Metrics(models, trainer, config.eventLoopResolution)
  let stopping = false

  server.setErrorHandler(answerError)
  server.setNotFoundHandler(notFound)
  server.addHook('onResponse', async (request, reply) => metrics.answered(request, reply))
  // 'onResponse' comes only where there is one.
  server.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) metrics.aborted(request)
    })
  })
  server.addHook('onSend', async (_, reply) => {
    // A connection that stays open after its answer would keep the server from closing.
    if (stopping) reply.header('connection', 'close')
  })
  server.addHook('preClose', async () => {
    stopping = true
    // It would go on for minutes, and its stream keep the server from closing.
    await trainer.stop()
  })
  server.addHook('onClose', () => models.dispose())

  await server.register(pageRoutes)
  await server.register(digitsRoutes, { models })
  await server.register(morphRoutes, { models })
  if (config.training) await server.register(trainRoutes, { trainer })
  await server.register(healthRoutes, {
    models,
    trainer,
    metrics,
    training: config.training,
    stopping: () => stopping,
  })
  return {
    server: server as unknown as FastifyInstance,
    stopping: () => {
      stopping = true
    },
  }
}
