import fs from 'node:fs'
import path from 'node:path'
import { filesUnder } from '../../lib/internal/disk.js'
import * as terminal from '../../lib/internal/report.js'
import { temporary, write } from '../support/folder'
import { setVariable } from '../support/variables'
import { ROOT } from './support'

let root: string
beforeEach(() => {
  root = temporary()
})

test('the files of a kind under a folder are listed', () => {
  for (const name of ['binding/b/x.cc', 'binding/a.h', 'binding/notes.md', 'other/y.cc'])
    write(root, name, '')
  expect(filesUnder(path.join(root, 'binding'), /\.(cc|h)$/)).toEqual(['a.h', 'b/x.cc'])
  expect(filesUnder(path.join(root, 'none'))).toEqual([])
})

describe('packages are installed', () => {
  const lock = (packages: object) => JSON.stringify({ packages })
  const wanted = {
    '': { name: 'us' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/mac-only': { version: '1.0.0', integrity: 'y', optional: true },
  }

  /** Set-up of this clone, as it is in its own folder. */
  const packagesInstalled = (): boolean => {
    write(root, 'scripts/setup.js', fs.readFileSync(path.join(ROOT, 'scripts', 'setup.js'), 'utf8'))
    return require(path.join(root, 'scripts', 'setup.js')).packagesInstalled()
  }

  test('when what npm installed is what the lock file lists', () => {
    write(root, 'package-lock.json', lock(wanted))
    expect(packagesInstalled()).toBe(false)
    write(root, 'node_modules/.package-lock.json', lock({ 'node_modules/a': wanted['node_modules/a'] }))
    expect(packagesInstalled()).toBe(true)
  })

  test.each([
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }],
    ['another content', { 'node_modules/a': { version: '1.0.0', integrity: 'z' } }],
    ['one package less', {}],
  ])('but not with %s', (_what, present) => {
    write(root, 'package-lock.json', lock(wanted))
    write(root, 'node_modules/.package-lock.json', lock(present))
    expect(packagesInstalled()).toBe(false)
  })
})

describe('progress', () => {
  let written: string
  const { isTTY } = process.stderr
  beforeEach(() => {
    written = ''
    setVariable('TERM', 'xterm')
    setVariable('CI', undefined)
    jest.spyOn(process.stderr, 'write').mockImplementation(text => {
      written += text
      return true
    })
  })
  afterEach(() => {
    process.stderr.isTTY = isTTY
  })

  test('is a bar on a terminal, taken away before the next line', () => {
    process.stderr.isTTY = true
    terminal.progress('Downloading', 50e6, 200e6, terminal.size)
    terminal.line('done')
    expect(written).toMatch(/Downloading █{6}░{18} 25 %, 50\.0 MB of 200\.0 MB/)
    expect(written.endsWith('\r\x1b[Kdone\n')).toBe(true)
  })

  test.each([
    ['CI', '1'],
    ['TERM', 'dumb'],
  ])('is no bar with %s=%s', (name, value) => {
    process.stderr.isTTY = true
    setVariable(name, value)
    terminal.progress('Downloading', 50e6, 200e6, terminal.size)
    terminal.clear()
    expect(written).toBe('')
  })

  test('has sizes and times that one reads', () => {
    expect([900, 1.5e6, 2.75e9].map(terminal.size)).toEqual(['1 kB', '1.5 MB', '2.75 GB'])
    jest.spyOn(Date, 'now').mockReturnValue(1e12)
    const times = [1234, 59_000, 83_000].map(ms => terminal.duration(1e12 - ms))
    expect(times).toEqual(['1.2 s', '59 s', '1 min 23 s'])
  })
})
