import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GRID_OPTIONS } from '../lib/images/grid'
import { DCGAN, ImageBatch, loadMnist, recipes } from '../lib/index'
import { TINY, tiny } from './support/dcgan'
import { failure } from './support/failure'
import { folder } from './support/folder'

const ROOT = join(__dirname, '..')

/** The names of the types that an entry point exports. */
function typesOf(entry: string): string[] {
  const lists = readFileSync(join(ROOT, entry), 'utf8').matchAll(/^export (type )?\{([^}]*)\}/gm)
  return [...lists].flatMap(([, all, names]) =>
    (names as string)
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== '' && (all || name.startsWith('type ')))
      .map(name => name.replace(/^type /, '')),
  )
}

/** A caller that gives undefined for every optional property of each type. */
function caller(entry: string, types: readonly string[]): string {
  const from = JSON.stringify(join(ROOT, entry.replace(/\.ts$/, '.js')))
  return [
    `import type { ${types.join(', ')} } from ${from}`,
    'type Undefined<T> = { [K in keyof T as object extends Pick<T, K> ? K : never]-?: undefined }',
    'type Given<T> = Omit<T, keyof Undefined<T>> & Undefined<T>',
    ...types.map(type => `export const of${type} = (given: Given<${type}>): ${type} => given`),
  ].join('\n')
}

/** Returns the compiler's messages about a module, with the strictest flags. */
function compile(source: string, options: object = {}): string {
  const path = folder()
  try {
    writeFileSync(join(path, 'caller.ts'), source)
    const compilerOptions = {
      rootDir: '/',
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      types: ['node'],
      exactOptionalPropertyTypes: true,
      ...options,
    }
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions,
      include: ['caller.ts', join(ROOT, 'lib/types')],
    }
    writeFileSync(join(path, 'tsconfig.json'), JSON.stringify(config))
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path], {
      stdio: 'pipe',
    })
    return ''
  } catch (error) {
    return String((error as { stdout: Buffer }).stdout)
  }
}

describe('a caller that compiles with exactOptionalPropertyTypes', () => {
  test.each([
    ['lib/index.ts', 'CheckpointOptions'],
    ['lib/portable/node.ts', 'LoadOptions'],
  ])('may give undefined for every optional property of the types of %s', (entry, one) => {
    const types = typesOf(entry).filter(
      type => !/^(Dcgan|By)|^Labels$|^Source$|^Bytes$|^Floats$|^WritableImages$|Batch$/.test(type),
    )
    expect(types).toContain(one)
    expect(compile(caller(entry, types))).toBe('')
  })

  test('would be refused a property that is not so', () => {
    const source = caller('lib/index.ts', []).replace(/^.*$/m, 'interface Bad { key?: number }')
    expect(compile(`${source}\nexport const bad = (given: Given<Bad>): Bad => given`)).toContain(
      'exactOptional',
    )
  })
})

test('pictures and pixels fit where the platform takes bytes, and labels are there where they were requested', () => {
  const from = JSON.stringify(join(ROOT, 'lib/index.js'))
  const source = `import { DCGAN } from ${from}
const gan = await DCGAN.pretrained()
const batch = await gan.sample(2, { labels: 7, minConfidence: 0.9 })
export const [blob, answer] = [new Blob([batch.pixels, batch.labels]), new Response(await batch.grid())]
export const first: number = batch.labels.length + batch.confidences.length + batch.slice(0, 1).labels.length
for (const { pixels, label, className } of batch) console.log(new Blob([pixels]), label, className)
export const [gif, png] = [new Response(await batch.gif()), new Blob([await batch.png(0, { scale: 4 })])]
// @ts-expect-error: they may be missing
export const count: number = (await gan.sample()).labels.length`
  expect(compile(source, { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2023', 'DOM'] })).toBe('')
})

test.each(['browser', 'anywhere'])(
  'the types of portable/web/%s compile with those of browsers, and without',
  name => {
    const from = JSON.stringify(join(ROOT, `dist/browser/portable/web/${name}.js`))
    const source = `import { Generator, ImageBatch, type LoadOptions } from ${from}
    const options: LoadOptions = { classifier: new Uint8Array(1) }
    export const own: Generator = await Generator.load('letters.safetensors', options)
    const generator: Generator = await Generator.pretrained()
    const batch: ImageBatch = await generator.sample(2, { seed: 1, minConfidence: 0.9 })
    for (const { pixels, label } of batch) console.log(pixels.length, label)
    export const made: ImageBatch = new ImageBatch(new Uint8Array(784))
    export const response = new Response(await batch.grid({ scale: 2 }))
    ${name === 'anywhere' ? '// @ts-expect-error: Node.js has no ImageData' : ''}
    export const data = batch.imageData(0)`
    const bundler = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: false }
    expect(compile(source, bundler)).toBe('')
    expect(compile(source, { ...bundler, types: [], lib: ['ES2023', 'ESNext.Disposable', 'DOM'] })).toBe('')
  },
)

test('undefined means the default, whatever the option is', async () => {
  const nothing = (...keys: readonly string[]) =>
    Object.fromEntries(keys.map(key => [key, undefined])) as object
  const hparams = nothing(...Object.keys(tiny().hparams))
  expect(new DCGAN({ ...hparams, ...TINY }).hparams).toEqual(new DCGAN(TINY).hparams)
  const gan = tiny({ classes: undefined, ...recipes.tutorial, ...TINY })
  const batch = await gan.sample(
    2,
    nothing('seed', 'latents', 'labels', 'minConfidence', 'truncation', 'signal'),
  )
  expect(batch.count).toBe(2)
  const zeros = new ImageBatch(new Uint8Array(784))
  expect(await zeros.grid(nothing(...GRID_OPTIONS))).toEqual(await zeros.grid())
  expect(await zeros.gif(nothing('delay', 'lastDelay', 'repeat', 'scale'))).toEqual(await zeros.gif())
  const file = join(folder(), 'a')
  await gan.save(file, nothing('only', 'half'))
  await gan.saveGrid(file, nothing('seed', 'latents', 'labels', 'count', 'minConfidence', ...GRID_OPTIONS))
  await gan.exportOnnx(file, nothing('output', 'half'))
  expect((await loadMnist(nothing('split'))).count).toBe(60_000)
  expect(
    (await failure(gan.train({ ...nothing('maxSteps', 'log', 'newData'), dataset: '/no' }))).message,
  ).toContain('/no')
})
