import fs from 'node:fs'
import path from 'node:path'
import { node, temporary } from './support'

const { withLock } = require('../../scripts/files/lock.js')

let file: string
beforeEach(() => {
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
  const pids: number[] = []
  await withLock(
    file,
    async () => expect(text(log)).toBe('+a -a '),
    (pid: number) => pids.push(pid),
  )
  expect(pids).toHaveLength(1)
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
  await expect(withLock(file, async () => 'mine')).resolves.toBe('mine')
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
