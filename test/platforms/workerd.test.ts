import { picture, whileServing } from './server'
import { appWith, platforms, withTools, write } from './support'

jest.setTimeout(1_200_000)

const WORKER = `import { Generator } from 'libtorch-dcgan/portable'
import weights from 'libtorch-dcgan/weights/mnist.safetensors'
import classifier from 'libtorch-dcgan/weights/classifier.safetensors'

let generator
export default {
  async fetch(request) {
    if (new URL(request.url).pathname === '/pretrained')
      return Response.json(await Generator.pretrained().catch(({ code, message }) => ({ code, message })))
    generator ??= Generator.load(weights, { classifier })
    const batch = await (await generator).sample(4, { seed: 42, labels: 7, minConfidence: 0.9 })
    return new Response(await batch.grid(), { headers: { 'content-type': 'image/png' } })
  },
}
`
const SETTINGS = `name = "digits"
main = "worker.js"
compatibility_date = "2025-01-01"
rules = [{ type = "Data", globs = ["**/*.safetensors"], fallthrough = true }]
`
/** The same picture, made in Node.js. */
const HERE = `import { Generator } from 'libtorch-dcgan/portable'
const batch = await (await Generator.pretrained()).sample(4, { seed: 42, labels: 7, minConfidence: 0.9 })
console.log(Buffer.from(await batch.grid()).toString('base64'))
`

platforms("Cloudflare's workerd, with wrangler", () => {
  test('serves the digits that Node.js makes', async () => {
    const app = await appWith('wrangler', 'pngjs')
    write(app, { 'worker.js': WORKER, 'wrangler.toml': SETTINGS, 'here.js': HERE })
    const { stdout } = await app.node(['here.js'])
    const { PNG } = require('pngjs') as typeof import('pngjs')
    const expected = PNG.sync.read(Buffer.from(stdout, 'base64'))
    const wrangler = app.path('node_modules', '.bin', 'wrangler')
    const env = { ...withTools(app), WRANGLER_SEND_METRICS: 'false', CI: '1' }
    const start = ['-c', `exec ${wrangler} dev --ip 127.0.0.1 --port $PORT`]
    await whileServing(['/bin/sh', ...start], { cwd: app.folder, env }, async url => {
      const { png } = await picture(url)
      expect(PNG.sync.read(png).data.equals(expected.data)).toBe(true)
      expect(await (await fetch(`${url}/pretrained`)).json()).toMatchObject({
        code: 'ERR_DCGAN_IO',
        message: expect.stringContaining("import weights from 'libtorch-dcgan/weights/mnist.safetensors'"),
      })
    })
  })
})
