import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, renameSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { temporary } from '../package/support'
import { appWith, bin, ENV, platforms, write } from './support'

jest.setTimeout(1_800_000)

const ROUTE = `import { DCGAN } from 'libtorch-dcgan'
export const dynamic = 'force-dynamic'
let model
export async function GET() {
  model ??= DCGAN.pretrained({ device: 'cpu', threads: 1 })
  const batch = await (await model).sample(4, { seed: 42, labels: 7 })
  return new Response(new Uint8Array(await batch.grid()), { headers: { 'content-type': 'image/png' } })
}
`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Asks until somebody answers. */
async function ask(url: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer !== undefined) return answer
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

platforms('Next.js', () => {
  test('serves digits from its standalone output in another folder, with serverExternalPackages alone', async () => {
    const app = await appWith('next', 'react', 'react-dom')
    write(app, {
      'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
      'app/page.js': 'export default () => <img src="/digits" alt="digits" />\n',
      'app/digits/route.js': ROUTE,
      'next.config.mjs':
        "export default { output: 'standalone', serverExternalPackages: ['libtorch-dcgan'] }\n",
    })
    const { status, stdout, stderr } = await bin(app, 'next', 'build')
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
    const elsewhere = path.join(temporary(), 'elsewhere')
    cpSync(app.path('.next', 'standalone'), elsewhere, { recursive: true, verbatimSymlinks: true })
    renameSync(app.folder, `${app.folder}-away`)

    const port = await freePort()
    const server = spawn(process.execPath, ['server.js'], {
      cwd: elsewhere,
      env: { ...process.env, ...ENV, PORT: String(port), HOSTNAME: '127.0.0.1' },
      stdio: 'ignore',
    })
    const closed = once(server, 'close')
    try {
      const answer = await ask(`http://127.0.0.1:${port}/digits`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
      const png = Buffer.from(await answer.arrayBuffer())
      expect(png.subarray(1, 4).toString()).toBe('PNG')
    } finally {
      server.kill()
      await closed
    }
  })
})
