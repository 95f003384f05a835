import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from '../support/folder.js'
import { ROOT } from './documents.js'

// TypeDoc takes seconds, and minutes where other work has the processor.
jest.setTimeout(600_000)

const read = (...names: string[]) => readFileSync(join(...names), 'utf8')
const reference = read(ROOT, 'docs/api/README.md')

test('the reference has all that the package exports', () => {
  const exports = [...read(ROOT, 'lib/index.ts').matchAll(/\{([^}]*)\}/g)]
    .flatMap(([, names]) => (names as string).split(','))
    .map(name => name.replace(/^\s*type /, '').trim())
    .filter(name => name !== '')
  expect(exports).toContain('DCGAN')
  const headings = new Set([...reference.matchAll(/^### (\w+)/gm)].map(([, name]) => name))
  expect(exports.filter(name => !headings.has(name))).toEqual([])
})

const typedoc = join(ROOT, 'reference', 'node_modules', '.bin', 'typedoc')

// TypeDoc is a package of its own, which npm run docs:api installs; without it there is nothing to compare with.
;(existsSync(typedoc) ? test : test.skip)(
  'the reference is what the docstrings say: npm run docs:api',
  () => {
    const made = folder()
    execFileSync(typedoc, ['--out', made], { cwd: join(ROOT, 'reference'), stdio: 'pipe' })
    expect(read(made, 'README.md') === reference).toBe(true)
  },
)
