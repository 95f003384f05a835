import { cpSync, renameSync } from 'node:fs'
import path from 'node:path'
import type { App } from '../package/support'
import { temporary } from '../support/folder'
import { picture, whileServing } from './server'
import { appWith, bin, ENV, platforms, write } from './support'

jest.setTimeout(1_800_000)

const ROUTE = `export const dynamic = 'force-dynamic'
let model
export async function GET() {
  model ??= load()
  const batch = await (await model).sample(4, { seed: 42, labels: 7 })
  return new Response(new Uint8Array(await batch.grid()), { headers: { 'content-type': 'image/png' } })
}
`
const FILES = {
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
  'app/page.js': 'export default () => <img src="/digits" alt="digits" />\n',
  'app/digits/route.js': `import { DCGAN } from 'libtorch-dcgan'
const load = () => DCGAN.pretrained({ device: 'cpu', threads: 1 })
${ROUTE}`,
  // The types of portable are checked by the build.
  'app/portable/route.ts': `import { Generator } from 'libtorch-dcgan/portable'
export const dynamic = 'force-dynamic'
let generator: Promise<Generator> | undefined
export async function GET(): Promise<Response> {
  generator ??= Generator.pretrained()
  const batch = await (await generator).sample(4, { seed: 42, labels: 7 })
  return new Response(await batch.grid(), { headers: { 'content-type': 'image/png' } })
}
`,
}

platforms('Next.js', () => {
  let app: App
  beforeAll(async () => {
    app = await appWith('next', 'react', 'react-dom', 'typescript', '@types/node', '@types/react')
    write(app, FILES)
  })

  test('that bundles the package: the build fails with the line to add', async () => {
    write(app, { 'next.config.mjs': `export default { output: 'standalone' }\n` })
    const { status, stdout, stderr } = await bin(app, 'next', 'build')
    expect(status).not.toBe(0)
    expect(stdout + stderr).toContain("serverExternalPackages: ['libtorch-dcgan'] in next.config")
  })

  test('serves digits from its standalone output in another folder, with serverExternalPackages alone', async () => {
    write(app, {
      'next.config.mjs':
        "export default { output: 'standalone', serverExternalPackages: ['libtorch-dcgan'] }\n",
    })
    const { status, stdout, stderr } = await bin(app, 'next', 'build')
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
    const elsewhere = path.join(temporary(), 'elsewhere')
    cpSync(app.path('.next', 'standalone'), elsewhere, { recursive: true, verbatimSymlinks: true })
    renameSync(app.folder, `${app.folder}-away`)
    await whileServing([process.execPath, 'server.js'], { cwd: elsewhere, env: ENV }, async url => {
      await picture(`${url}/digits`)
      await picture(`${url}/portable`)
    })
  })
})
