import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../support/port'

/** Runs a server while it is used. It finds its port in PORT, and ends at SIGINT. */
export async function whileServing(
  [program, ...args]: [string, ...string[]],
  options: { cwd: string; env: Record<string, string> },
  use: (url: string) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  const env = { ...process.env, ...options.env, PORT: String(port), HOSTNAME: '127.0.0.1' }
  const server = spawn(program, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [server.stdout, server.stderr]) stream.on('data', data => said.push(String(data)))
  const closed = once(server, 'close')
  try {
    const url = `http://127.0.0.1:${port}`
    await answered(url, server, said)
    await use(url)
  } finally {
    server.kill('SIGINT')
    await closed
  }
}

/** Waits until anything answers. */
async function answered(url: string, server: ChildProcess, said: string[]): Promise<void> {
  while ((await fetch(url).catch(() => undefined)) === undefined) {
    if (server.exitCode !== null)
      throw new Error(`The server ended with ${server.exitCode}: ${said.join('')}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** The bytes of a PNG file that a server answers with, and the process that drew it, if it says so. */
export async function picture(url: string): Promise<{ png: Buffer; pid: string | null }> {
  // A connection that is kept leads to the same process every time.
  const answer = await fetch(url, { headers: { connection: 'close' } })
  const png = Buffer.from(await answer.arrayBuffer())
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  return { png, pid: answer.headers.get('x-process') }
}
