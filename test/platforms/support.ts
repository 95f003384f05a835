import { existsSync } from 'node:fs'
import { App, type Ended, libtorch } from '../package/support'

/** `npm run check -- platforms`: each framework comes from npm, and takes minutes. */
export const platforms =
  process.env.PLATFORM_TEST === 'full' && `${process.platform}-${process.arch}` === 'linux-x64'
    ? describe
    : describe.skip

export const ENV = { LIBTORCH: libtorch.folder, NEXT_TELEMETRY_DISABLED: '1' }

/** An application of ES modules with the packed package and these packages, which run no scripts. */
export async function appWith(...packages: string[]): Promise<App> {
  const app = new App()
  app.write('package.json', JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module' }))
  const { status, stderr } = await app.install(ENV, '--ignore-scripts', ...packages)
  if (status !== 0) throw new Error(`${packages.join(' ')} cannot be installed: ${stderr}`)
  return app
}

/** A program that a package of the registry holds, installed in a folder of its own. */
export async function program(spec: string, file: string): Promise<string> {
  const tools = new App('tools')
  const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', `it@npm:${spec}`]
  const { stderr } = await tools.run('npm', npm, {})
  const found = tools.path('node_modules', 'it', file)
  if (!existsSync(found)) throw new Error(`${spec} has no ${file}: ${stderr}`)
  return found
}

/** Runs a program of the application's packages. */
export function bin(app: App, name: string, ...args: string[]): Promise<Ended> {
  return app.run(app.path('node_modules', '.bin', name), args, withTools(app))
}

/** The variables of a program that starts others. */
export function withTools(app: App): Record<string, string> {
  return { ...ENV, PATH: `${app.bare}:${process.env.PATH}` }
}

export function write(app: App, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) app.write(name, text)
}

/** Samples two images with LibTorch, and trains a step. */
export const NATIVE = `import { DCGAN } from 'libtorch-dcgan'
const gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
const { count, pixels } = await gan.sample(2, { seed: 42, labels: 7 })
await gan.dispose()
const student = new DCGAN({ device: 'cpu', threads: 1, batchSize: 2, outputDim: 2 })
const { steps } = await student.trainEpoch({ images: pixels, count, width: 28, height: 28 })
await student.dispose()
console.log(count, 'images', steps, 'step')
`
export const NATIVE_OUTPUT = '2 images 1 step\n'

export function expectNative(ended: Ended): void {
  expect(ended).toMatchObject({ status: 0, stdout: NATIVE_OUTPUT, stderr: expect.any(String) })
}
