import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const ROOT = join(__dirname, '..')

/** Rooms from the ground up: each may use itself and what stands before it. A file at the top of lib/ is its own room. */
const LIB = [
  ['errors.ts'],
  [
    'callbacks.ts',
    'options.ts',
    'typed-arrays.ts',
    'random.ts',
    'regular-file.ts',
    'protobuf.ts',
    'diagnostics.ts',
    'bundled.ts',
    'installed.ts',
    'assert-installed.mts',
    'async-dispose.ts',
  ],
  ['files.ts', 'hyperparams.ts'],
  ['recipes.ts', 'types', 'images', 'mnist', 'native/types.ts', 'tensorboard'],
  ['sampling'],
  ['checkpoint', 'onnx'],
  ['native'],
  ['evaluation', 'training'],
  ['dcgan.ts', 'messages.ts', 'portable'],
  ['index.ts', 'index.mts'],
  ['cli'],
]
const BINDING = [
  ['sizes.h', 'contract.h'],
  ['exceptions.h'],
  ['peers'],
  ['random'],
  ['model'],
  ['kernels'],
  ['sampling', 'evaluation'],
  ['training'],
  ['engine'],
  ['addon', 'portable'],
]

interface Use {
  from: string
  to: string
}

function filesUnder(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && ending.test(entry.name))
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

/** Lists the files of lib/ that each file of lib/ imports, for types too. */
function imports(): Use[] {
  return filesUnder('lib', /\.m?ts$/).flatMap(from =>
    [...readFileSync(join(ROOT, from), 'utf8').matchAll(/(?:from|import\(|require\()\s*'(\.[^']+)'/g)]
      .map(([, specifier = '']) => join(dirname(from), specifier.replace(/\.(m?)js$/, '.$1ts')))
      .filter(to => to.startsWith('lib/'))
      .map(to => ({ from, to })),
  )
}

/** Lists the files of binding/ that each file of binding/ includes. A source file belongs to its header. */
function includes(): Use[] {
  return filesUnder('binding', /\.(h|cc)$/).flatMap(from =>
    [...readFileSync(join(ROOT, from), 'utf8').matchAll(/#include "([^"]+)"/g)].map(([, to = '']) => ({
      from: from.replace(/\.cc$/, '.h'),
      to: `binding/${to}`,
    })),
  )
}

function storey(file: string, house: readonly string[][]): number {
  const place = file.split('/').slice(1)
  const names = [place.slice(0, 2).join('/'), place[0] as string]
  for (const name of names) {
    const found = house.findIndex(rooms => rooms.includes(name))
    if (found >= 0) return found
  }
  throw new Error(`${file} is in no room that this test knows`)
}

function upward(uses: readonly Use[], house: readonly string[][]): string[] {
  return uses
    .filter(({ from, to }) => storey(to, house) > storey(from, house))
    .map(({ from, to }) => `${from} uses ${to}`)
}

/** The files of one circle of uses; none where there is no circle. */
function circle(uses: readonly Use[]): string[] {
  const next = new Map<string, string[]>()
  for (const { from, to } of uses) if (from !== to) next.set(from, [...(next.get(from) ?? []), to])
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const to of next.get(file) ?? []) {
      const found = visit(to, [...path, file])
      if (found.length > 0) return found
    }
    done.add(file)
    return []
  }
  for (const file of next.keys()) {
    const found = visit(file, [])
    if (found.length > 0) return found
  }
  return []
}

describe.each([
  ['lib', imports, LIB],
  ['binding', includes, BINDING],
] as const)('in %s/', (_, usesOf, house) => {
  test('no file uses a room above its own', () => {
    expect(upward(usesOf(), house)).toEqual([])
  })

  test('no files use each other in a circle', () => {
    expect(circle(usesOf())).toEqual([])
  })
})
