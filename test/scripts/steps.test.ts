import fs from 'node:fs'
import path from 'node:path'
import { temporary } from './support'

const { filesUnder, measure, sameContent, snapshot, untouched } = require('../../scripts/files/stamp.js')
const { packagesInstalled } = require('../../scripts/dev/packages.js')
const { Terminal, duration, size } = require('../../scripts/terminal.js')

let root: string
beforeEach(() => {
  root = temporary()
})
const write = (name: string, text: string) => {
  fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
  fs.writeFileSync(path.join(root, name), text)
}

describe('a stamp', () => {
  test('tells content that changed from files that were only touched', () => {
    write('a.cc', 'one')
    write('b.cc', 'two')
    const before = snapshot(root, ['a.cc', 'b.cc'])
    fs.utimesSync(path.join(root, 'a.cc'), new Date(), new Date(Date.now() + 5000))
    expect(sameContent(before, snapshot(root, ['a.cc', 'b.cc'], before))).toBe(true)
    write('a.cc', 'one!')
    expect(sameContent(before, snapshot(root, ['a.cc', 'b.cc'], before))).toBe(false)
    expect(sameContent(before, snapshot(root, ['a.cc'], before))).toBe(false)
    write('c.cc', '')
    expect(sameContent(before, snapshot(root, ['a.cc', 'b.cc', 'c.cc'], before))).toBe(false)
  })

  test('reads no file whose time and size are as they were', () => {
    write('a.cc', 'one')
    const { mtimeMs, size: bytes } = fs.statSync(path.join(root, 'a.cc'))
    const known = { 'a.cc': { mtimeMs, size: bytes, hash: 'remembered' } }
    expect(snapshot(root, ['a.cc'], known)).toEqual(known)
  })

  test('notices what was made and is gone or changed', () => {
    write('dist/a.js', 'x')
    const made = measure(root, ['dist/a.js'])
    expect(untouched(root, made)).toBe(true)
    write('dist/a.js', 'xy')
    expect(untouched(root, made)).toBe(false)
    fs.rmSync(path.join(root, 'dist'), { recursive: true })
    expect(untouched(root, made)).toBe(false)
  })

  test('covers the files of a kind under its folders', () => {
    for (const name of ['binding/b/x.cc', 'binding/a.h', 'binding/notes.md', 'other/y.cc']) write(name, '')
    expect(filesUnder(root, ['binding', 'none'], /\.(cc|h)$/)).toEqual(['binding/a.h', 'binding/b/x.cc'])
  })
})

describe('packages are installed', () => {
  const lock = (packages: object) => JSON.stringify({ packages })
  const wanted = {
    '': { name: 'us' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/mac-only': { version: '1.0.0', integrity: 'y', optional: true },
  }

  test('when what npm installed is what the lock file asks for', () => {
    write('package-lock.json', lock(wanted))
    expect(packagesInstalled(root)).toBe(false)
    write('node_modules/.package-lock.json', lock({ 'node_modules/a': wanted['node_modules/a'] }))
    expect(packagesInstalled(root)).toBe(true)
  })

  test.each([
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }],
    ['another content', { 'node_modules/a': { version: '1.0.0', integrity: 'z' } }],
    ['one package less', {}],
  ])('but not with %s', (_what, present) => {
    write('package-lock.json', lock(wanted))
    write('node_modules/.package-lock.json', lock(present))
    expect(packagesInstalled(root)).toBe(false)
  })
})

describe('progress', () => {
  const screen = (isTTY: boolean) => {
    const written: string[] = []
    return {
      written,
      terminal: new Terminal({ write: (text: string) => written.push(text), isTTY, columns: 80 }),
    }
  }
  const { CI } = process.env
  beforeEach(() => {
    delete process.env.CI
  })
  afterAll(() => {
    if (CI !== undefined) process.env.CI = CI
  })

  test('is a bar on a terminal, taken away before the next line', () => {
    const { terminal, written } = screen(true)
    terminal.progress('Downloading', 50e6, 200e6, size)
    expect(written[0]).toMatch(/^\rDownloading █{6}░{18} 25 % {2}50\.0 MB of 200\.0 MB/)
    terminal.line('done')
    expect(written.slice(1)).toEqual(['\r\x1b[K', 'done\n'])
  })

  test('is a line now and then in a log', () => {
    const { terminal, written } = screen(false)
    const now = jest.spyOn(Date, 'now')
    for (let ms = 0; ms <= 25_000; ms += 100) {
      now.mockReturnValue(1e12 + ms)
      terminal.progress('Downloading', ms * 1e4, 300e6, size)
    }
    now.mockRestore()
    expect(written).toHaveLength(2)
    expect(written[0]).toBe('Downloading: 33 %, 100.0 MB of 300.0 MB, 10.0 MB/s, 20 s left\n')
  })

  test('has sizes and times that one reads', () => {
    expect([size(900), size(1.5e6), size(2.75e9)]).toEqual(['1 kB', '1.5 MB', '2.75 GB'])
    expect([duration(1234), duration(59_000), duration(83_000)]).toEqual(['1.2 s', '59 s', '1 min 23 s'])
  })
})
