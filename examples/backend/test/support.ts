import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DCGAN, type HyperParams } from 'libtorch-dcgan'
import { type App, buildApp } from '../src/app.js'
import { type Config, readConfig } from '../src/config.js'
import { Models } from '../src/models.js'

/** A test's context, or what `node:test` exports. */
export interface Cleanup {
  after(clean: () => unknown): void
}

/** Opens the route for training. */
export const TOKEN = 'a token for the tests'.replaceAll(' ', '-')

/** Untrained weights draw grey noise, but each seed its own: all that most tests need. */
export function freshModel(hparams: Partial<HyperParams> = {}): DCGAN {
  return new DCGAN({ seed: 1, device: 'cpu', ...hparams })
}

export interface TestApp extends App {
  models: Models
}

/** The app on a fresh model, closed at the end of the test. */
export async function testApp(
  t: Cleanup,
  changes: Partial<Config> = {},
  hparams: Partial<HyperParams> = {},
): Promise<TestApp> {
  const config = { ...readConfig({ TRAINING_TOKEN: TOKEN }), logLevel: 'silent', ...changes }
  const { maxBatch, maxQueue } = config
  const models = await Models.open(async () => freshModel({ maxBatch, maxQueue, ...hparams }))
  const app = await buildApp(config, models)
  t.after(() => app.server.close())
  return { ...app, models }
}

export async function listen(app: TestApp): Promise<string> {
  return app.server.listen({ host: '127.0.0.1', port: 0 })
}

/** Starts a training run. */
export function post(url: string, body: object, options: { signal?: AbortSignal; headers?: object } = {}) {
  return fetch(`${url}/train`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...options.headers },
    body: JSON.stringify(body),
    ...(options.signal && { signal: options.signal }),
  })
}

/** What a client may send and then say no more: nothing, half a head, half a body. */
export const UNFINISHED = {
  nothing: '',
  head: 'GET /digits/1.png HTTP/1.1\r\nHost: localhost\r\nX-More',
  body:
    'POST /train HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n{"epochs":`,
  refusedBody: 'POST /train HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"epochs":',
}

/** A bare connection over which these bytes have been sent. */
export async function send(t: Cleanup, url: string, bytes: string): Promise<Socket> {
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  t.after(() => socket.destroy())
  // The server may reset it, which is its right.
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  if (bytes !== '') await new Promise(resolve => socket.write(bytes, resolve))
  return socket
}

/** A folder that is gone after the test. */
export function scratch(t: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-backend-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A generator's file with the weights of this seed. */
export async function saveModel(
  file: string,
  seed: number,
  hparams: Partial<HyperParams> = {},
): Promise<void> {
  await using gan = freshModel({ seed, ...hparams })
  await gan.save(file, { only: 'generator' })
}

export interface Server {
  child: ChildProcess
  url: string
  /** What it has logged so far, a line each. */
  log: string[]
  /** Resolves when a line has this text. */
  logged(text: string): Promise<void>
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>
}

/** The real server, in a process of its own. */
export async function startServer(t: Cleanup, env: Record<string, string>): Promise<Server> {
  const server = spawnServer(t, env)
  await Promise.race([server.logged('Server listening at '), server.ended])
  const line = server.log.find(each => each.includes('Server listening at '))
  if (line === undefined) throw new Error(`The server did not start: ${server.log.join('\n')}`)
  return { ...server, url: /http:\/\/[\d.:]+/.exec(line)?.[0] as string }
}

export function spawnServer(t: Cleanup, env: Record<string, string>): Omit<Server, 'url'> {
  const file = fileURLToPath(new URL('../src/server.js', import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, NODE_NO_WARNINGS: '1', HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const log: string[] = []
  const waiting: { text: string; resolve: () => void }[] = []
  const read = (line: string) => {
    log.push(line)
    for (const each of waiting) if (line.includes(each.text)) each.resolve()
  }
  createInterface(child.stdout).on('line', read)
  createInterface(child.stderr).on('line', read)
  const logged = async (text: string) => {
    if (!log.some(line => line.includes(text))) {
      await new Promise<void>(resolve => waiting.push({ text, resolve }))
    }
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return { child, log, logged, ended }
}

/** Waits until a condition is true. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Width and height of a PNG file. */
export function pngSize(png: Buffer): [number, number] {
  return [png.readUInt32BE(16), png.readUInt32BE(20)]
}

export interface ServerEvent {
  event: string
  data: Record<string, number | string>
}

export function parseEvents(text: string): ServerEvent[] {
  return text
    .split('\n\n')
    .filter(block => block !== '')
    .map(block => {
      const [event, data] = block.split('\n') as [string, string]
      return { event: event.replace('event: ', ''), data: JSON.parse(data.replace('data: ', '')) }
    })
}
