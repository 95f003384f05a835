import path from 'node:path'
import { ROOT } from '../package/support'
import { picture, whileServing } from './server'
import { appWith, platforms, withTools, write } from './support'

jest.setTimeout(1_200_000)

const FASTIFY = `import Fastify from 'fastify'
import { DCGAN } from 'libtorch-dcgan'

const gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
const app = Fastify()
app.get('/digits', async (request, reply) => {
  const batch = await gan.sample(4, { seed: 42, labels: 7 })
  return reply.header('content-type', 'image/png').header('x-process', process.pid).send(await batch.grid())
})
app.addHook('onClose', () => gan.dispose())
process.once('SIGINT', () => app.close().then(() => process.exit()))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
`

const NEST = `import 'reflect-metadata'
import { Controller, Get, Header, Injectable, Module, type OnModuleDestroy, StreamableFile } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { DCGAN } from 'libtorch-dcgan'

@Injectable()
class Digits implements OnModuleDestroy {
  readonly model = DCGAN.pretrained({ device: 'cpu', threads: 1 })
  async grid(): Promise<Buffer> {
    return (await (await this.model).sample(4, { seed: 42, labels: 7 })).grid()
  }
  async onModuleDestroy(): Promise<void> {
    await (await this.model).dispose()
  }
}

@Controller('digits')
class DigitsController {
  constructor(private readonly digits: Digits) {}
  @Get()
  @Header('content-type', 'image/png')
  async get(): Promise<StreamableFile> {
    return new StreamableFile(await this.digits.grid(), { type: 'image/png' })
  }
}

@Module({ controllers: [DigitsController], providers: [Digits] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false })
app.enableShutdownHooks()
await app.listen(Number(process.env.PORT), '127.0.0.1')
`

platforms('a server', () => {
  test('Fastify in two processes of PM2', async () => {
    const app = await appWith('fastify', 'pm2')
    write(app, { 'server.js': FASTIFY })
    const runtime = app.path('node_modules', '.bin', 'pm2-runtime')
    const env = { ...withTools(app), PM2_HOME: app.path('.pm2') }
    await whileServing([runtime, 'server.js', '-i', '2'], { cwd: app.folder, env }, async url => {
      const pictures = new Map<string | null, Buffer>()
      while (pictures.size < 2) {
        const { png, pid } = await picture(`${url}/digits`)
        pictures.set(pid, png)
      }
      const [one, other] = pictures.values()
      expect(one?.equals(other as Buffer)).toBe(true)
    })
  })

  test('NestJS, with the model as a provider', async () => {
    const nest = ['common', 'core', 'platform-express'].map(name => `@nestjs/${name}`)
    const app = await appWith(...nest, 'reflect-metadata', 'rxjs', '@types/node')
    const compilerOptions = {
      target: 'es2022',
      module: 'node16',
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: true,
      types: ['node'],
      rootDir: 'src',
      outDir: 'out',
    }
    write(app, { 'src/main.ts': NEST, 'tsconfig.json': JSON.stringify({ compilerOptions }) })
    const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    expect(await app.node([tsc])).toEqual({ status: 0, stdout: '', stderr: '' })
    const options = { cwd: app.folder, env: withTools(app) }
    await whileServing([process.execPath, 'out/main.js'], options, async url => {
      await picture(`${url}/digits`)
    })
  })
})
