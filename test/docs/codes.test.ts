import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './documents.js'

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')

test('every error code has its section in the troubleshooting guide, and no other has', () => {
  const codes = [...read('lib/errors.ts').matchAll(/^ {2}\| '(ERR_DCGAN_\w+)'$/gm)].map(([, code]) => code)
  const sections = [...read('docs/troubleshooting.md').matchAll(/^## (ERR_DCGAN_\w+)$/gm)].map(
    ([, code]) => code,
  )
  expect(codes.length).toBeGreaterThan(10)
  expect(sections.sort()).toEqual(codes.sort())
})

test('every document in docs/ is in its index', () => {
  const index = read('docs/README.md')
  const names = readdirSync(join(ROOT, 'docs')).filter(name => name.endsWith('.md') && name !== 'README.md')
  expect(names.filter(name => !index.includes(`(${name})`))).toEqual([])
})
