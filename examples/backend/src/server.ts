import { setTimeout as sleep } from 'node:timers/promises'

// Before anything else is loaded: a signal that nobody listens to would end the process.
process.on('SIGHUP', reload)
// The second signal is not caught: it ends the process at once.
process.once('SIGTERM', shutDown)
process.once('SIGINT', shutDown)
let stopping = false

const started = start()
await started

async function start() {
  const { buildApp } = await import('./app.js')
  const { readConfig } = await import('./config.js')
  const { loadModel, Models } = await import('./models.js')
  const config = readConfig()
  const models = await Models.open(() => loadModel(config))
  const app = await buildApp(config, models)
  const { host, port, metricsPort } = config
  await app.server.listen({ host, port })
  if (metricsPort !== undefined) await app.metricsServer?.listen({ host, port: metricsPort })
  return { ...app, config, models }
}

/** Serves what the model's file holds now. */
async function reload(): Promise<void> {
  if (stopping) return
  const { server, models } = await started
  try {
    const { version } = await models.reload()
    server.log.info(`Reloaded: version ${version} is served now`)
  } catch (error) {
    server.log.error(error, 'The reload failed. The model from before is still served')
  }
}

/** Answers what is in flight, stops a training run after its step, frees the models. */
async function shutDown(signal: NodeJS.Signals): Promise<void> {
  process.removeListener('SIGTERM', shutDown).removeListener('SIGINT', shutDown)
  stopping = true
  const { server, config, ...app } = await started
  server.log.info(`${signal}: finishing what is in flight`)
  app.stopping()
  // Time for a load balancer to see that /healthz says 503.
  await sleep(config.drainSeconds * 1000)
  setTimeout(() => {
    server.log.error(`Not finished after ${config.shutdownSeconds} s: giving up`)
    process.exit(1)
  }, config.shutdownSeconds * 1000).unref()
  await server.close()
  process.exitCode = 0
}
