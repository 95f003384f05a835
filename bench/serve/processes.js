import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SERVER = '../../examples/backend/dist/src/server.js'

const here = file => fileURLToPath(new URL(file, import.meta.url))

/** Runs one of our scripts in a process of its own, and reads the JSON that it prints. */
async function output(file, ...args) {
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  const { stdout } = await promisify(execFile)(process.execPath, [here(file), ...args], { env })
  return JSON.parse(stdout)
}

export function sampleAlone(model, seconds) {
  return output('alone.js', model, String(seconds))
}

/** Opens connections. Each sends its next request as soon as it has its answer. */
export function sendLoad({ url, path, connections, seconds }) {
  return output('client.js', url, path, String(connections), String(seconds))
}

/** So many requests a second, whether or not they are answered. */
export function flood({ url, path, connections, seconds }, rate) {
  return output('flood.js', url, path, String(connections), String(seconds), String(rate))
}

/** The server under load, a process of its own on a free port. */
export class Server {
  url
  #child

  constructor(child, url) {
    this.#child = child
    this.url = url
  }

  static async start(env) {
    const child = spawn(process.execPath, [here(SERVER)], {
      env: {
        ...process.env,
        NODE_NO_WARNINGS: '1',
        HOST: '127.0.0.1',
        PORT: '0',
        EVENT_LOOP_RESOLUTION: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface(child.stdout)) {
      const url = /listening at (http:[\w./:]+)/.exec(line)?.[1]
      if (url === undefined) continue
      // Read its output: a full pipe would stop it.
      child.stdout.resume()
      return new Server(child, url)
    }
    throw new Error('The server did not start')
  }

  /** Ends it as an operator would. Throws when it does not end well. */
  async stop() {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const [code] = await closed
    if (code !== 0) throw new Error(`The server ended with ${code}`)
  }

  /** `/metrics` by name. Each look begins a new measurement of the event loop's delay. */
  async metrics() {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    return Object.fromEntries(
      lines.map(line => line.split(' ')).map(([name, value]) => [name, Number(value)]),
    )
  }

  /** Resident memory in bytes, as Linux reports it. */
  async residentBytes() {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  }

  /** Seconds until the answer to one request for one digit. */
  async probe(seed) {
    const begin = performance.now()
    const answer = await fetch(`${this.url}/digits/${seed}.png`)
    await answer.arrayBuffer()
    // An answer that says no is not a normal one, however fast.
    return answer.ok ? (performance.now() - begin) / 1000 : Number.POSITIVE_INFINITY
  }
}
