import type { FastifyReply, FastifyRequest } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { ModelMetrics } from './model-metrics.js'
import type { Models } from './models.js'
import type { Trainer } from './trainer.js'

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]

/** The metrics that Prometheus scrapes. Each app has its own registry, so several fit into one process. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'method' | 'route' | 'status'>
  readonly #aborted: Counter<'method' | 'route'>
  readonly #models: ModelMetrics

  constructor(models: Models, trainer: Trainer, eventLoopResolution: number) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: eventLoopResolution })
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the request to the end of the answer',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    })
    this.#aborted = new Counter({
      name: 'http_requests_aborted_total',
      help: 'Requests that the client aborted before it had its answer',
      labelNames: ['method', 'route'],
      registers,
    })
    this.#models = new ModelMetrics(this.#registry, gan => models.has(gan) || trainer.gan === gan)
    // Gauges are read when Prometheus fetches them.
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value())
        },
      })
    gauge('dcgan_queue_images', 'Images that wait to be sampled', () => models.stats.waiting)
    gauge('dcgan_last_batch_images', 'Images in the last forward pass', () => models.stats.lastBatch)
    new Counter({
      name: 'dcgan_forwards_total',
      help: 'Forward passes that the images of the models served took',
      registers,
      collect() {
        this.reset()
        this.inc(models.stats.forwards)
      },
    })
    gauge('dcgan_training', '1 while a model is being trained', () => Number(trainer.running))
    new Gauge({
      name: 'dcgan_model_info',
      help: 'The model being served, always 1',
      labelNames: ['version', 'device'],
      registers,
      collect() {
        const { gan, version } = models.current
        this.reset()
        this.set({ version, device: gan.device }, 1)
      },
    })
  }

  answered(request: FastifyRequest, reply: FastifyReply): void {
    const { method, routeOptions } = request
    // Route patterns rather than URLs: a label per seed would fill the memory of the server and of Prometheus.
    const labels = { method, route: routeOptions.url ?? 'none', status: reply.statusCode }
    this.#requests.observe(labels, reply.elapsedTime / 1000)
  }

  /** Counts the request if its client goes away before it is answered. */
  watch({ method, routeOptions }: FastifyRequest, { raw }: FastifyReply): void {
    raw.once('close', () => {
      if (!raw.writableFinished) this.#aborted.inc({ method, route: routeOptions.url ?? 'none' })
    })
  }

  /** Listens to the models no more. */
  close(): void {
    this.#models.close()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
