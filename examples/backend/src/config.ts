/** What the environment says; the table in the README has the same names. */
export interface Config {
  host: string
  port: number
  /** A state file to serve from; undefined for the weights that the package ships. */
  model: string | undefined
  /** Where a finished training run is saved; undefined to keep it in memory alone. */
  saveTrained: string | undefined
  /** Whether `POST /train` is there. */
  training: boolean
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

/** Reads `PORT` and the others. Throws an error that names the variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  return {
    host: text(env.HOST) ?? '127.0.0.1',
    port: integer(env, 'PORT', 3000, 0, 65_535),
    model: text(env.MODEL),
    saveTrained: text(env.SAVE_TRAINED),
    training: choice(env, 'TRAINING', ['on', 'off']) === 'on',
    maxBatch: integer(env, 'MAX_BATCH', 64, 1, 4096),
    maxQueue: integer(env, 'MAX_QUEUE', 1024, 1, 1_000_000),
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

/** The first is the default. */
function choice(env: NodeJS.ProcessEnv, name: string, choices: [string, ...string[]]): string {
  const value = text(env[name]) ?? choices[0]
  if (choices.includes(value)) return value
  throw new Error(`${name} must be one of ${choices.join(', ')}, but is ${JSON.stringify(value)}`)
}
