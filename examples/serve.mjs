// Digits over HTTP: PORT=3000 node examples/serve.mjs [model], then open http://localhost:3000/?seed=7&count=16
import { createServer } from 'node:http'
import { DCGAN, DcganError } from 'libtorch-dcgan'

const [model] = process.argv.slice(2)
const gan = model === undefined ? await DCGAN.pretrained() : await DCGAN.load(model)

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const [seed, count] = [Number(searchParams.get('seed') ?? 0), Number(searchParams.get('count') ?? 16)]
  try {
    if (count > 64) throw new DcganError('ERR_DCGAN_INVALID_ARGUMENT', 'At most 64 digits a request')
    const digits = await gan.sample(count, { seed })
    response.setHeader('content-type', 'image/png')
    response.end(await digits.grid({ scale: 4 }))
  } catch (error) {
    response.statusCode = { ERR_DCGAN_INVALID_ARGUMENT: 400, ERR_DCGAN_OVERLOADED: 503 }[error.code] ?? 500
    response.end(`${error.message}\n`)
  }
})
server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`))

process.once('SIGTERM', () => server.close(() => gan.dispose()))
