import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { readConfig } from '../src/config.js'

/** The package's own folder, seen from dist/test. */
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const read = (name: string) => readFileSync(path(name), 'utf8')

/** The documents of a YAML file, which has to be one without errors and warnings. */
// biome-ignore lint/suspicious/noExplicitAny: a manifest has no type here
function documents(name: string): any[] {
  return parseAllDocuments(read(name), { strict: true, uniqueKeys: true }).map(document => {
    assert.deepEqual([...document.errors, ...document.warnings], [])
    return document.toJS()
  })
}

const settings = (env: { name: string; value: string }[]) =>
  Object.fromEntries(env.map(({ name, value }) => [name, value]))

/** Variables that the server, LibTorch or the image know. */
const known = read('README.md') + read('src/config.ts')

test('the manifests agree with each other and with the server', () => {
  const [deployment, service, budget, autoscaler] = documents('deploy/kubernetes.yaml')
  assert.deepEqual(
    [deployment, service, budget, autoscaler].map(({ kind }) => kind),
    ['Deployment', 'Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler'],
  )
  const { template, selector, strategy } = deployment.spec
  const [container] = template.spec.containers
  assert.deepEqual(selector.matchLabels, template.metadata.labels)
  assert.deepEqual(service.spec.selector, template.metadata.labels)
  assert.deepEqual(budget.spec.selector, selector)
  assert.equal(autoscaler.spec.scaleTargetRef.name, deployment.metadata.name)
  assert.deepEqual(strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 })

  const env = settings(container.env)
  const config = readConfig(env)
  for (const name of Object.keys(env)) assert.ok(name === 'OMP_NUM_THREADS' || known.includes(name), name)
  const ports = Object.fromEntries(
    container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [
      name,
      containerPort,
    ]),
  )
  assert.deepEqual(ports, { http: config.port, metrics: config.metricsPort })
  assert.equal(template.metadata.annotations['prometheus.io/port'], String(ports.metrics))
  assert.ok(template.spec.terminationGracePeriodSeconds > config.drainSeconds + config.shutdownSeconds)

  const health = { path: '/healthz', port: 'http', httpHeaders: [{ name: 'Host', value: 'localhost' }] }
  assert.deepEqual(container.startupProbe.httpGet, health)
  assert.deepEqual(container.readinessProbe.httpGet, health)
  assert.equal(container.resources.requests.cpu, env.OMP_NUM_THREADS)

  const [{ pods }] = autoscaler.spec.metrics
  assert.ok(read('src/metrics.ts').includes(`'${pods.metric.name}'`))
  assert.ok(Number(pods.target.averageValue) < config.maxQueue)
})

test('compose and HAProxy agree with the server', () => {
  const [{ services }] = documents('deploy/compose.yaml')
  const { digits, balancer } = services
  // Compose puts a variable of its own into these.
  const env = Object.fromEntries(
    Object.entries<string>(digits.environment).map(([name, value]) => [
      name,
      value.replace(/^\$\{\w+:-\}$/, ''),
    ]),
  )
  const config = readConfig(env)
  for (const name of Object.keys(env)) assert.ok(name === 'OMP_NUM_THREADS' || known.includes(name), name)
  assert.ok(Number.parseInt(digits.stop_grace_period, 10) > config.drainSeconds + config.shutdownSeconds)
  assert.deepEqual(digits.expose, [String(config.port), String(config.metricsPort)])

  const proxy = read('deploy/haproxy.cfg')
  assert.match(proxy, new RegExp(`server-template replica 1-16 digits:${config.port} `))
  const idle = Number(/timeout http-keep-alive (\d+)s/.exec(proxy)?.[1])
  assert.ok(idle < config.keepAliveSeconds, 'the balancer ends an idle connection first')
  const [published] = balancer.ports
  assert.ok(proxy.includes(`bind :${published.split(':').at(-1)}`))
})

const { error } = spawnSync('haproxy', ['-v'])
test('HAProxy takes its configuration', { skip: error && 'haproxy is not installed' }, () => {
  const { status, stderr } = spawnSync('haproxy', ['-c', '-f', path('deploy/haproxy.cfg')], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})
