import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents, ROOT } from './documents.js'

/** Variables of tests and of npm's own steps, which no user sets. */
const INTERNAL = ['LIBTORCH_DCGAN_PLAIN_BFLOAT16', 'LIBTORCH_DCGAN_SKIP_PREPARE', 'LIBTORCH_KNOWN']
/** Those of distributed runs have a list of their own, to which the list links. */
const LISTS = ['docs/deploying.md', 'docs/scaling.md']

const read = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(m?ts|js|cc|h)$/.test(name))
    .map(name => readFileSync(join(ROOT, folder, name), 'utf8'))
    .join('\n')

test('the list of environment variables has every variable of the package, and no other', () => {
  const pattern = /\b(LIBTORCH(_[A-Z0-9]+)*|MNIST_DIR)\b/g
  const sources = ['lib', 'scripts', 'binding'].map(read).join('\n')
  const used = new Set([...sources.matchAll(pattern)].map(([name]) => name))
  const rows = documents()
    .filter(({ name }) => LISTS.includes(name))
    .flatMap(({ text }) => text.match(/^\| `.*$/gm) ?? [])
  const listed = new Set(
    rows.flatMap(row => [...(row.split(' | ')[0] as string).matchAll(pattern)].map(([name]) => name)),
  )
  const expected = [...used].filter(name => !INTERNAL.includes(name)).sort()
  expect(expected.length).toBeGreaterThan(5)
  expect([...listed].sort()).toEqual(expected)
})
