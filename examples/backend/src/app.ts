import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Config } from './config.js'
import { bodyIsMissing, Connections } from './connections.js'
import { answerError, describeInvalid, notFound } from './errors.js'
import { guard } from './guard.js'
import { Metrics } from './metrics.js'
import type { Models } from './models.js'
import { digitsRoutes } from './routes/digits.js'
import { healthRoutes, metricsRoutes } from './routes/health.js'
import { pageRoutes } from './routes/page.js'
import { trainRoutes } from './routes/train.js'
import { Trainer } from './trainer.js'

export interface App {
  server: FastifyInstance
  /** Serves `/metrics` alone, if that has a port of its own. It is closed with `server`. */
  metricsServer: FastifyInstance | undefined
  /** From here on `/healthz` says 503, so that a load balancer sends requests elsewhere. */
  stopping(): void
}

/** The largest body is the JSON of a training run. */
const BODY_LIMIT = 4096

/** The whole server but for its ports and its signals. It disposes of the models when it is closed. */
export async function buildApp(config: Config, models: Models): Promise<App> {
  const server = newServer(config)
  const trainer = new Trainer(models, config.saveTrained)
  const metrics = new Metrics(models, trainer, config.eventLoopResolution)
  let stopping = false

  server.addHook('onRequest', (request, reply, done) => {
    metrics.watch(request, reply)
    done()
  })
  server.addHook('onResponse', (request, reply, done) => {
    metrics.answered(request, reply)
    done()
  })
  server.addHook('onSend', (_, reply, payload, done) => {
    if (stopping) reply.header('connection', 'close')
    done(null, payload)
  })
  server.addHook('preClose', async () => {
    stopping = true
    // The run would continue for minutes, and its stream would keep the server open.
    await trainer.stop()
  })

  const metricsServer = config.metricsPort === undefined ? undefined : newServer(config)
  server.addHook('onClose', async () => {
    // It reads the models.
    await metricsServer?.close()
    metrics.close()
    await models.dispose()
  })

  const { trainingToken } = config
  await server.register(pageRoutes)
  await server.register(digitsRoutes, { models })
  if (trainingToken !== undefined) await server.register(trainRoutes, { trainer, token: trainingToken })
  await server.register(healthRoutes, {
    models,
    trainer,
    training: trainingToken !== undefined,
    stopping: () => stopping,
  })
  await (metricsServer ?? server).register(metricsRoutes, { metrics })
  return {
    server,
    metricsServer,
    stopping: () => {
      stopping = true
    },
  }
}

/** Fastify with what every port needs: bounded connections, checked hosts and origins, errors as JSON. */
function newServer(config: Config): FastifyInstance {
  const connections = new Connections(config)
  const server = Fastify({
    serverFactory: handler => connections.serve(handler),
    clientErrorHandler: (error, socket) => connections.refuse(error, socket),
    frameworkErrors: answerError,
    logger: { level: config.logLevel },
    // A line a request costs more than the request. The metrics count them.
    // Only failures are logged: a logger for each request would cost a twentieth of it.
    childLoggerFactory: logger => logger,
    logController: new LogController({ disableRequestLogging: true }),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    schemaErrorFormatter: describeInvalid,
    bodyLimit: BODY_LIMIT,
  }).withTypeProvider<TypeBoxTypeProvider>()
  server.setErrorHandler(answerError)
  server.setNotFoundHandler(notFound)
  server.addHook('onRequest', guard(config))
  server.addHook('onSend', (request, reply, payload, done) => {
    // The answer does not wait for a body that nobody will read, and neither does the connection.
    if (bodyIsMissing(request.raw)) reply.header('connection', 'close')
    done(null, payload)
  })
  server.addHook('preClose', done => {
    connections.close()
    done()
  })
  return server as unknown as FastifyInstance
}
