import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from './app.js'
import { readConfig } from './config.js'
import { loadModel, Models } from './models.js'

const config = readConfig()
const models = await Models.open(() => loadModel(config))
const { server, stopping } = await buildApp(config, models)

process.on('SIGHUP', () => {
  models.reload().then(
    ({ version }) => server.log.info(`Reloaded: version ${version} is served now`),
    error => server.log.error(error, 'The reload failed. The model from before is still served'),
  )
})
// The second signal is not caught: it ends the process at once.
process.once('SIGTERM', shutDown)
process.once('SIGINT', shutDown)

await server.listen({ host: config.host, port: config.port })

/** Answers what is in flight, stops a training run after its step, frees the models. */
async function shutDown(signal: NodeJS.Signals): Promise<void> {
  server.log.info(`${signal}: finishing what is in flight`)
  process.removeListener('SIGTERM', shutDown).removeListener('SIGINT', shutDown)
  stopping()
  // Time for a load balancer to see that /healthz says 503.
  await sleep(config.drainSeconds * 1000)
  setTimeout(() => {
    server.log.error(`Not finished after ${config.shutdownSeconds} s: giving up`)
    process.exit(1)
  }, config.shutdownSeconds * 1000).unref()
  // For answers that had begun before: their connections end when they become idle.
  server.server.keepAliveTimeout = 1
  await server.close()
  process.exitCode = 0
}
