import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Metrics } from '../metrics.js'
import type { Models } from '../models.js'
import type { Trainer } from '../trainer.js'

export interface HealthOptions {
  models: Models
  trainer: Trainer
  /** True if the app has `POST /train`. */
  training: boolean
  stopping: () => boolean
}

/** Adds the routes about the server itself, for operators and for the page. */
export const healthRoutes: FastifyPluginAsyncTypebox<HealthOptions> = async (app, options) => {
  const { models, trainer } = options

  // Answers while the model is busy: a queue is not an illness. While stopping, no new work should come.
  app.get('/healthz', async (_, reply) => {
    reply.header('cache-control', 'no-store')
    if (options.stopping()) return reply.code(503).send({ status: 'stopping' })
    return { status: 'ok', version: models.current.version }
  })

  app.get('/model', async (_, reply) => {
    const { gan, version } = models.current
    reply.header('cache-control', 'no-store')
    return {
      version,
      device: gan.device,
      classes: gan.hparams.classes,
      step: gan.step,
      epoch: gan.epoch,
      training: { allowed: options.training, running: trainer.running },
    }
  })
}

/** Adds the route for Prometheus. */
export const metricsRoutes: FastifyPluginAsyncTypebox<{ metrics: Metrics }> = async (app, { metrics }) => {
  app.get('/metrics', async (_, reply) => {
    reply.header('cache-control', 'no-store').type(metrics.contentType)
    return metrics.text()
  })
}
