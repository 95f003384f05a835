import { App, type Ended, libtorch } from '../package/support'

/** `npm run test:platforms`: each framework comes from npm, and takes minutes. */
export const platforms = process.env.PLATFORM_TEST === 'full' ? describe : describe.skip

export const ENV = { LIBTORCH: libtorch.folder, NEXT_TELEMETRY_DISABLED: '1' }

/** An application of ES modules with the packed package and these packages, which run no scripts. */
export async function appWith(...packages: string[]): Promise<App> {
  const app = new App()
  app.write('package.json', JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module' }))
  const { status, stderr } = await app.install(ENV, '--ignore-scripts', ...packages)
  if (status !== 0) throw new Error(`${packages.join(' ')} cannot be installed: ${stderr}`)
  return app
}

/** Runs a program of the application's packages. */
export function bin(app: App, name: string, ...args: string[]): Promise<Ended> {
  return app.run(`${app.folder}/node_modules/.bin/${name}`, args, {
    ...ENV,
    PATH: `${app.bare}:${process.env.PATH}`,
  })
}

/** Samples natively; prints how many images there are. */
export const NATIVE = `import { DCGAN } from 'libtorch-dcgan'
const gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
console.log((await gan.sample(2, { seed: 42, labels: 7 })).count)
await gan.dispose()
`

/** Samples without LibTorch; prints how many images there are, and the first grey levels that are not black. */
export const PORTABLE = `import { Generator } from 'libtorch-dcgan/portable'
const generator = await Generator.pretrained()
const { count, pixels } = await generator.sample(2, { seed: 42, labels: 7 })
console.log(count, pixels.filter(level => level > 0).length > 50)
await generator.dispose()
`

export function write(app: App, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) app.write(name, text)
}
