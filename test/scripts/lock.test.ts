import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { node, temporary } from './support'

const { withLock } = require('../../scripts/files/lock.js')

let file: string
let said: string[]
const say = (words: string) => void said.push(words)
beforeEach(() => {
  said = []
  file = path.join(temporary(), 'lock')
})

/** A process that takes the lock, says so in `log`, and holds it for so long. */
function holder(log: string, ms: number, name: string) {
  const script = `
    const fs = require('fs')
    require('./scripts/files/lock.js').withLock(${JSON.stringify(file)}, async () => {
      fs.appendFileSync(${JSON.stringify(log)}, '+${name} ')
      await new Promise(resolve => setTimeout(resolve, ${ms}))
      fs.appendFileSync(${JSON.stringify(log)}, '-${name} ')
    })`
  return node(['-e', script], {})
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10))
}
const text = (log: string) => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '')

test('a lock gives what the work gives, and is gone after it, failed or not', async () => {
  await expect(withLock(file, async () => fs.readdirSync(path.dirname(file)))).resolves.toEqual(['lock'])
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(fs.readdirSync(path.dirname(file))).toEqual([])
})

test('processes hold it one after the other', async () => {
  const log = `${file}.log`
  await Promise.all(['a', 'b', 'c', 'd'].map(name => holder(log, 50, name)))
  const order = text(log).trim().split(' ')
  expect(order).toHaveLength(8)
  for (let i = 0; i < 8; i += 2) expect(order[i]?.slice(1)).toBe(order[i + 1]?.slice(1))
})

test('within a process too', async () => {
  let inside = 0
  const work = async () => {
    expect(++inside).toBe(1)
    await new Promise(resolve => setTimeout(resolve, 20))
    inside--
  }
  await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)])
})

test('who waits is told once for whom', async () => {
  const log = `${file}.log`
  const other = holder(log, 900, 'a')
  await until(() => text(log) !== '')
  await withLock(file, async () => expect(text(log)).toBe('+a -a '), say)
  expect(said).toEqual([expect.stringMatching(/^Another set-up \(process \d+\) is at work here: .*\/lock$/)])
  await other
})

test('a holder that was killed is not waited for, by one or by many', async () => {
  const log = `${file}.log`
  const killed = holder(log, 60_000, 'killed')
  await until(() => text(log) !== '')
  killed.kill()
  await killed
  expect(fs.existsSync(file)).toBe(true)
  const started = Date.now()
  await Promise.all(['a', 'b', 'c'].map(name => holder(log, 100, name)))
  const order = text(log).trim().split(' ').slice(1)
  for (let i = 0; i < 6; i += 2) expect(order[i]?.slice(1)).toBe(order[i + 1]?.slice(1))
  expect(Date.now() - started).toBeLessThan(30_000)
  expect(fs.existsSync(file)).toBe(false)
})

const linux = process.platform === 'linux' ? test : test.skip

linux('a process id that was used again is not taken for the holder', async () => {
  await withLock(file, async () => fs.copyFileSync(file, `${file}.copy`))
  const own = JSON.parse(fs.readFileSync(`${file}.copy`, 'utf8'))
  fs.writeFileSync(file, JSON.stringify({ ...own, start: '1' }))
  await expect(withLock(file, async () => 'mine', say)).resolves.toBe('mine')
  expect(said).toEqual([`Taking over the lock ${file}: process ${process.pid}, which held it, has ended`])
})

test('another machine’s holder is waited for as long as it shows life', async () => {
  const foreign = JSON.stringify({ pid: process.pid, machine: 'elsewhere', start: '1' })
  fs.writeFileSync(file, foreign)
  let entered = false
  const waiting = withLock(file, async () => {
    entered = true
  })
  await new Promise(resolve => setTimeout(resolve, 500))
  expect(entered).toBe(false)
  const old = new Date(Date.now() - 120_000)
  fs.utimesSync(file, old, old)
  await waiting
  expect(entered).toBe(true)
})

const old = () => new Date(Date.now() - 60_000)

test.each([
  ['that is empty', () => fs.writeFileSync(file, ''), 'it is empty'],
  ['that is damaged', () => fs.writeFileSync(file, '{"pid":'), 'it names no process'],
  ['without a process', () => fs.writeFileSync(file, '{"pid":-1,"machine":"x"}'), 'it names no process'],
  ['that is a link to nowhere', () => fs.symlinkSync('nowhere', file), 'it cannot be read'],
  ['that is a pipe', () => void execFileSync('mkfifo', [file]), 'it cannot be read'],
  ['that is a folder', () => fs.mkdirSync(path.join(file, 'full'), { recursive: true }), 'it cannot be read'],
])('a lock %s is taken over, and that is said', async (_what, make, why) => {
  make()
  fs.lutimesSync(file, old(), old())
  await expect(withLock(file, async () => 'mine', say)).resolves.toBe('mine')
  expect(said).toEqual([`Taking over the lock ${file}: ${why}`])
  expect(fs.readdirSync(path.dirname(file))).toEqual([])
})

test('an empty lock that was made just now, or in the future, is taken over too', async () => {
  fs.writeFileSync(file, '')
  const future = new Date(Date.now() + 1e9)
  fs.utimesSync(file, future, future)
  await expect(withLock(file, async () => 'mine', say)).resolves.toBe('mine')
  expect(said).toEqual([`Taking over the lock ${file}: it is empty`])
}, 30_000)

test('what a lock’s link points to is neither read, written nor removed', async () => {
  const target = path.join(path.dirname(file), 'target')
  fs.writeFileSync(target, 'precious')
  fs.symlinkSync(target, file)
  fs.lutimesSync(file, old(), old())
  await withLock(file, async () => expect(fs.lstatSync(file).isSymbolicLink()).toBe(false))
  expect(fs.readFileSync(target, 'utf8')).toBe('precious')
})

// Only root can make what belongs to another user.
const root = process.getuid?.() === 0 ? test : test.skip

root.each([
  ['a live', JSON.stringify({ pid: 1, machine: 'elsewhere' }), / \(process 1\)/],
  ['an empty', '', /with the id 65534, who/],
])(
  '%s lock of another user is an error that names it, and is not waited for',
  async (_what, content, words) => {
    fs.writeFileSync(file, content)
    fs.chownSync(file, 65534, 65534)
    const failure = await withLock(file, async () => 'mine').catch((error: unknown) => error)
    expect(failure).toMatchObject({
      message: expect.stringMatching(/lock belongs to another user, with the id 65534/),
      fix: expect.stringContaining(`rm -rf '${file}'`),
    })
    expect(failure.message).toMatch(words)
    expect(fs.readFileSync(file, 'utf8')).toBe(content)
  },
)

test('a lock that was taken over is not let go of by the process that lost it', async () => {
  await withLock(file, async () => {
    fs.rmSync(file)
    fs.writeFileSync(file, 'of another')
  })
  expect(fs.readFileSync(file, 'utf8')).toBe('of another')
})
