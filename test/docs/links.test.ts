import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { documents, ROOT } from './documents.js'
import { anchorsOf, linksOf } from './markdown.js'

/** Returns the fault of a link, or undefined. */
function fault(from: string, text: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    // Tests do not look for pages of others.
    return /^(https|mailto):/.test(target) && URL.canParse(target) ? undefined : 'is no proper https address'
  }
  const [path = '', anchor] = target.split('#') as [string, string?]
  const file = path === '' ? join(ROOT, from) : join(ROOT, dirname(from), decodeURI(path))
  if (!existsSync(file)) return 'leads to no file'
  if (anchor === undefined || !statSync(file).isFile()) return undefined
  const there = path === '' ? text : readFileSync(file, 'utf8')
  return anchorsOf(there).has(anchor) ? undefined : 'has an anchor that is not there'
}

test.each(documents())('the links of $name lead somewhere', ({ name, text }) => {
  const faults = linksOf(text)
    .filter(({ target }) => !/^http:\/\/localhost\b/.test(target))
    .map(({ target, line }) => ({ where: `${name}:${line}`, target, fault: fault(name, text, target) }))
  expect(faults.filter(link => link.fault !== undefined)).toEqual([])
})

test('links, anchors and what only looks like them', () => {
  const text = [
    '# One *thing*, `two`',
    '# One *thing*, `two`',
    'See [this](a.md#x "title"), ![that](b.png), `[code](c.md)` and <a id="here" href="d.md">',
    '```md',
    '# Not a heading [no](link.md)',
    '```',
    '[later]: e.md',
  ].join('\n')
  expect(linksOf(text)).toEqual([
    { target: 'a.md#x', line: 3 },
    { target: 'b.png', line: 3 },
    { target: 'd.md', line: 3 },
    { target: 'e.md', line: 7 },
  ])
  expect([...anchorsOf(text)]).toEqual(['one-thing-two', 'one-thing-two-1', 'here'])
  expect(fault('README.md', text, 'nowhere.md')).toBe('leads to no file')
  expect(fault('README.md', text, '#one-thing-two-2')).toBe('has an anchor that is not there')
  expect(fault('README.md', text, 'http://example.org')).toBe('is no proper https address')
})
