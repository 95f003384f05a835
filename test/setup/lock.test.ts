import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { withLock } from '../../lib/setup/lock.js'
import { temporary } from '../support/folder'
import { captureErrors, node, rejection } from './support'

let file: string
let said: string[]
beforeEach(() => {
  said = captureErrors()
  file = path.join(temporary(), 'lock')
})

/** A process that takes the lock, says so in `log`, and holds it for so long. */
function holder(log: string, ms: number, name: string) {
  const script = `
    const fs = require('fs')
    require('./dist/setup/lock.js').withLock(${JSON.stringify(file)}, async () => {
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

test('a lock gives what the work gives, and is free after it, failed or not', async () => {
  await expect(withLock(file, async () => 'done')).resolves.toBe('done')
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(withLock(file, async () => 'again')).resolves.toBe('again')
  expect(said).toEqual([])
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

test('a set-up that waits names the other one, once', async () => {
  const log = `${file}.log`
  const other = holder(log, 60_000, 'a')
  await until(() => text(log) !== '')
  const waiting = withLock(file, async () => 'mine')
  await until(() => said.length > 0)
  const pid = fs.readFileSync(file, 'utf8').trim()
  expect(pid).toMatch(/^\d+$/)
  expect(said).toEqual([
    `Another set-up (process ${pid}) is at work here: waiting for it to release ${file}\n`,
  ])
  other.kill()
  await expect(waiting).resolves.toBe('mine')
  expect(said).toHaveLength(1)
})

test('a holder that was killed is not waited for, by one or by many', async () => {
  const log = `${file}.log`
  const killed = holder(log, 60_000, 'killed')
  await until(() => text(log) !== '')
  killed.kill()
  await killed
  await Promise.all(['a', 'b', 'c'].map(name => holder(log, 100, name)))
  const order = text(log).trim().split(' ').slice(1)
  for (let i = 0; i < 6; i += 2) expect(order[i]?.slice(1)).toBe(order[i + 1]?.slice(1))
})

test('another user cannot open a lock, also one that version 0.1 made, and so cannot hold it', async () => {
  await withLock(file, async () => expect(fs.statSync(file).mode & 0o777).toBe(0o600))
  fs.chmodSync(file, 0o644)
  await withLock(file, async () => expect(fs.statSync(file).mode & 0o777).toBe(0o600))
})

test('a lock that is never released is not waited for without an end', async () => {
  const log = `${file}.log`
  const other = holder(log, 60_000, 'a')
  await until(() => text(log) !== '')
  const failure = await rejection(withLock(file, async () => 'mine', { patience: 0.2 }))
  other.kill()
  expect(failure).toMatchObject({
    message: `The lock ${file} was not released in 0.2 seconds.`,
    fix: expect.stringContaining(`fuser -v '${file}'`),
  })
})

test.each([
  ['is empty', () => fs.writeFileSync(file, '')],
  ['is damaged', () => fs.writeFileSync(file, '{"pid":')],
])('a lock that %s is taken at once', async (_what, make) => {
  make()
  await expect(withLock(file, async () => 'mine')).resolves.toBe('mine')
  expect(said).toEqual([])
})

test.each([
  ['a link', () => fs.symlinkSync('target', file)],
  ['a pipe', () => void execFileSync('mkfifo', [file])],
  ['a folder', () => fs.mkdirSync(path.join(file, 'full'), { recursive: true })],
])(
  '%s in the place of a lock is an error that names it, and is neither followed nor waited for',
  async (_what, make) => {
    const target = path.join(path.dirname(file), 'target')
    fs.writeFileSync(target, 'precious')
    make()
    expect(await rejection(withLock(file, async () => 'mine'))).toMatchObject({
      code: 'ERR_DCGAN_IO',
      message: expect.stringMatching(/The lock .* cannot be taken: /),
      fix: expect.stringContaining(`rm -r '${file}'`),
    })
    expect(fs.readFileSync(target, 'utf8')).toBe('precious')
  },
)

test('a lock that cannot be opened is an error that names it, and is not waited for', async () => {
  const failure = await rejection(withLock('/proc/lock', async () => 'mine'))
  expect(failure).toMatchObject({ message: expect.stringMatching(/lock .* cannot be taken: /) })
})

// Only root can make what belongs to another user.
const root = process.getuid?.() === 0 ? test : test.skip

root('a lock that another user made stops nobody', async () => {
  fs.writeFileSync(file, '1')
  fs.chownSync(file, 65534, 65534)
  await expect(withLock(file, async () => 'mine')).resolves.toBe('mine')
})
