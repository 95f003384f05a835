import { MAX_COUNT } from './pictures.js'

/** The settings from environment variables. The table in the README has the same names. */
export interface Config {
  host: string
  port: number
  /** A state file to serve from; undefined for the weights that the package ships. */
  model: string | undefined
  /** The file of a finished training run; undefined to keep it in memory alone. */
  saveTrained: string | undefined
  /** The token that `POST /train` demands; undefined to leave the route out. */
  trainingToken: string | undefined
  /** The port of `/metrics`; undefined to serve it with everything else. */
  metricsPort: number | undefined
  /** Host names, in lower case and without a port, that a request may name. */
  allowedHosts: string[]
  /** Origins with pages that may request changes, in addition to the server's own. */
  allowedOrigins: string[]
  maxConnections: number
  /** How long a request may take to arrive; its head takes half of that at most. */
  requestSeconds: number
  /** How long a connection stays open after an answer. */
  keepAliveSeconds: number
  maxBatch: number
  maxQueue: number
  /** How long requests in flight may take after SIGTERM. */
  shutdownSeconds: number
  /** How long after SIGTERM `/healthz` says 503 before the server stops accepting. */
  drainSeconds: number
  /** Milliseconds between two looks at the event loop's delay. */
  eventLoopResolution: number
  logLevel: string
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const MIN_TOKEN = 16

/** Reads `PORT` and the others. Throws an error that names the variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const host = text(env.HOST) ?? '127.0.0.1'
  return {
    host,
    port: integer(env, 'PORT', 3000, 0, 65_535),
    model: text(env.MODEL),
    saveTrained: text(env.SAVE_TRAINED),
    trainingToken: secret(env, 'TRAINING_TOKEN'),
    metricsPort:
      text(env.METRICS_PORT) === undefined ? undefined : integer(env, 'METRICS_PORT', 0, 0, 65_535),
    allowedHosts: [
      ...LOOPBACK,
      ...nameOf(host),
      ...list(env, 'ALLOWED_HOSTS', isHost, 'digits.example,[::1]'),
    ],
    allowedOrigins: list(env, 'ALLOWED_ORIGINS', isOrigin, 'https://digits.example'),
    maxConnections: integer(env, 'MAX_CONNECTIONS', 4096, 1, 1_000_000),
    requestSeconds: integer(env, 'REQUEST_SECONDS', 20, 1, 3600),
    keepAliveSeconds: integer(env, 'KEEP_ALIVE_SECONDS', 20, 1, 3600),
    maxBatch: integer(env, 'MAX_BATCH', 64, 1, 4096),
    // A request for the largest sheet must fit, or its client would try again for ever.
    maxQueue: integer(env, 'MAX_QUEUE', 1024, MAX_COUNT, 1_000_000),
    shutdownSeconds: integer(env, 'SHUTDOWN_SECONDS', 10, 1, 3600),
    drainSeconds: integer(env, 'DRAIN_SECONDS', 0, 0, 3600),
    eventLoopResolution: integer(env, 'EVENT_LOOP_RESOLUTION', 10, 1, 1000),
    logLevel: choice(env, 'LOG_LEVEL', ['info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent']),
  }
}

/** An empty variable is one that is not set: that is how a compose file or a shell leaves one out. */
function text(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function integer(env: NodeJS.ProcessEnv, name: string, fallback: number, min: number, max: number): number {
  const value = text(env[name])
  if (value === undefined) return fallback
  const number = Number(value)
  if (Number.isInteger(number) && number >= min && number <= max) return number
  throw new Error(`${name} must be an integer from ${min} to ${max}, but is ${JSON.stringify(value)}`)
}

/** The message does not repeat it: logs are read by others. */
function secret(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = text(env[name])
  if (value === undefined || (value.length >= MIN_TOKEN && /^[!-~]+$/.test(value))) return value
  throw new Error(`${name} must have at least ${MIN_TOKEN} characters, ASCII without spaces`)
}

/** Values with commas between them. */
function list(
  env: NodeJS.ProcessEnv,
  name: string,
  isValid: (value: string) => boolean,
  example: string,
): string[] {
  const values = (text(env[name]) ?? '')
    .split(',')
    .map(value => value.trim().toLowerCase())
    .filter(value => value !== '')
  const wrong = values.find(value => !isValid(value))
  if (wrong === undefined) return values
  throw new Error(`${name} must be a list such as ${example}, but has ${JSON.stringify(wrong)}`)
}

/** A name or an address, as `Host` has it before the port. */
function isHost(value: string): boolean {
  return /^([a-z\d._-]+|\[[\da-f:.]+\])$/.test(value)
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value
}

/** Returns the host names for the address that the server listens at; none if it stands for all addresses. */
function nameOf(host: string): string[] {
  if (host === '0.0.0.0' || host === '::') return []
  return [(host.includes(':') ? `[${host}]` : host).toLowerCase()]
}

/** The first is the default. */
function choice(env: NodeJS.ProcessEnv, name: string, choices: [string, ...string[]]): string {
  const value = text(env[name]) ?? choices[0]
  if (choices.includes(value)) return value
  throw new Error(`${name} must be one of ${choices.join(', ')}, but is ${JSON.stringify(value)}`)
}
