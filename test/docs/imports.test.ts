import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const ROOT = join(__dirname, '..', '..')

/** Folders from the bottom up: each may use itself and those before it. A file at the top of lib/ or in lib/internal/ counts as a folder. */
const LIB = [
  ['errors.ts'],
  [
    'internal/callbacks.ts',
    'internal/options.ts',
    'internal/typed-arrays.ts',
    'internal/random.ts',
    'internal/regular-file.ts',
    'internal/source.ts',
    'internal/protobuf.ts',
    'internal/diagnostics.ts',
    'internal/terminal.ts',
    'internal/zip-reader.ts',
    'internal/bundled.ts',
    'internal/assert-installed.mts',
    'internal/async-dispose.ts',
    'internal/class-names.ts',
    'internal/sizes.ts',
    'internal/warn.ts',
    'internal/failure.ts',
    'internal/shell.ts',
    'internal/version.ts',
  ],
  ['internal/cache-folder.ts', 'internal/elf.ts', 'internal/platform.ts', 'internal/report.ts'],
  ['internal/files.ts', 'internal/unzip.ts', 'hyperparams.ts'],
  ['internal/disk.ts'],
  ['internal/local-source.ts', 'internal/loading.ts'],
  ['internal/lazy.ts'],
  ['internal/installed.ts'],
  ['recipes.ts', 'types', 'images', 'datasets', 'native/types.ts', 'tensorboard'],
  ['sampling', 'setup'],
  ['checkpoint', 'onnx', 'wasm'],
  ['native'],
  ['evaluation', 'training'],
  ['internal/summary.ts', 'dcgan.ts', 'internal/messages.ts', 'portable'],
  ['index.ts', 'index.mts'],
  ['cli'],
]
const BINDING = [
  ['sizes.h', 'pages.h', 'contract.h'],
  ['exceptions.h', 'host_tensors.h'],
  ['kernels'],
  ['random'],
  ['sampling', 'classifier'],
  ['engine'],
  ['addon', 'glibc', 'wasm'],
  // From here on, the training library. The addon opens it when it runs.
  ['peers'],
  ['model'],
  ['evaluation'],
  ['training'],
]
/** The folders that know LibTorch. */
const LIBTORCH = /^binding\/(peers|model|evaluation|training)\//

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

function level(file: string, levels: readonly string[][]): number {
  const place = file.split('/').slice(1)
  const names = [place.slice(0, 2).join('/'), place[0] as string]
  for (const name of names) {
    const found = levels.findIndex(folders => folders.includes(name))
    if (found >= 0) return found
  }
  throw new Error(`${file} is in no folder that this test knows`)
}

function upward(uses: readonly Use[], levels: readonly string[][]): string[] {
  return uses
    .filter(({ from, to }) => level(to, levels) > level(from, levels))
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

/** Returns the folder of a file; undefined for what all folders may use. */
function folderOf(file: string): string | undefined {
  const [, own = '', name] = file.split('/')
  if (own === 'dcgan.ts') return own
  return name === undefined || own === 'internal' || file === 'lib/native/types.ts' ? undefined : own
}

/** Reads which folders use which in the drawing of docs/how-it-works.md. */
function drawn(folder: string): [from: string, to: string][] {
  const text = readFileSync(join(ROOT, 'docs', 'how-it-works.md'), 'utf8')
  const [, lines = ''] = new RegExp(`subgraph ${folder} .*\\n([^]*?)\\n  end`).exec(text) ?? []
  const folders = new Map([...lines.matchAll(/(\w+)\[([^\]]+)\]/g)].map(([, id, own]) => [id, own as string]))
  const ids = (side = '') => side.split('&').map(id => folders.get(id.replace(/\[.*/, '').trim()) as string)
  return lines.split('\n').flatMap(line => {
    const [from, to] = line.split('-->').map(ids)
    return (from ?? []).flatMap(a => (to ?? []).map((b): [string, string] => [a, b]))
  })
}

/** Returns all folders that lie further down the arrows. */
function below(own: string, arrows: readonly [string, string][]): string[] {
  return arrows.flatMap(([from, to]) => (from === own ? [to, ...below(to, arrows)] : []))
}

describe.each([
  ['lib', imports, LIB],
  ['binding', includes, BINDING],
] as const)('in %s/', (folder, usesOf, levels) => {
  test('no file uses a folder above its own', () => {
    expect(upward(usesOf(), levels)).toEqual([])
  })

  test('no files use each other in a circle', () => {
    expect(circle(usesOf())).toEqual([])
  })

  test('the drawing in docs/how-it-works.md has the arrows of the code', () => {
    const arrows = drawn(folder)
    const uses = usesOf().flatMap(({ from, to }): [string, string][] => {
      const folders = [folderOf(from), folderOf(to)]
      return folders.includes(undefined) || folders[0] === folders[1] ? [] : [folders as [string, string]]
    })
    expect(uses.filter(([from, to]) => !below(from, arrows).includes(to))).toEqual([])
    // The box at the bottom stands for the files at the top of lib/ and in lib/internal/.
    const known = new Set(uses.map(use => use.join(' ')))
    const others = arrows.filter(([, to]) => !to.startsWith('"'))
    expect(others.filter(arrow => !known.has(arrow.join(' ')))).toEqual([])
  })
})

test('only the folders of the training library include headers of LibTorch, and only the addon includes headers of Node.js', () => {
  const using = (header: RegExp) =>
    filesUnder('binding', /\.(h|cc)$/).filter(file => header.test(readFileSync(join(ROOT, file), 'utf8')))
  const libtorch = using(/#include <(torch|ATen|c10)[/\w]*\//)
  expect(libtorch).toContain('binding/training/library.cc')
  expect(libtorch.filter(file => !LIBTORCH.test(file))).toEqual([])
  const node = using(/#include <(napi|node_api)\.h>/)
  expect(node).toEqual(['binding/addon/napi_setup.h'])
})
