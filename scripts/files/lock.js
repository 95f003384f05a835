'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem, attempt, reason } = require('../problem.js')
const { which } = require('../programs.js')
const { locks, run } = require('../run.js')
const terminal = require('../terminal.js')

/** The status that flock ends with while another process holds the lock. */
const HELD = 75
/** No set-up takes so long, also where it fetches two gigabytes slowly. */
const PATIENCE_SECONDS = 3600

/**
 * Runs `work` while holding a lock on a file; waits, and says so, while another process holds it. The file stays. It
 * lies in a folder that only those may write to who may change what the lock protects.
 *
 * The lock is that of flock(1), which every Linux with glibc has: the kernel takes it back when its holder ends, however
 * it ends. So no lock is ever stale. Whoever may open the file can hold the lock, so only its owner may.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ doing?: string, patience?: number }} [options] `doing`: what a holder does, for the message; `patience`:
 *   seconds to wait
 * @returns {Promise<T>}
 * @throws {Problem} if the file cannot be locked, or not in time
 */
async function withLock(file, work, { doing = 'at work here', patience = PATIENCE_SECONDS } = {}) {
  const flock = which('flock', '/usr/bin/flock')
  // Without flock there is no lock: two set-ups at once are rare, and no set-up at all would be worse.
  if (flock === undefined) return work()
  const input = open(file)
  try {
    // flock locks what it has open as its standard input, and so have we: the lock outlives it, until we and all programs that we started have closed the file.
    const held = ['--conflict-exit-code', String(HELD)]
    let lock = await run(flock, ['--nonblock', ...held, '0'], { input })
    if (lock.status === HELD) {
      const pid = /^\d+$/m.exec(attempt(() => fs.readFileSync(file, 'utf8')) ?? '')?.[0]
      const holder = pid === undefined ? '' : ` (process ${pid})`
      terminal.line(`Another set-up${holder} is ${doing}: waiting for it to release ${file}`)
      lock = await run(flock, ['--timeout', String(patience), ...held, '0'], { input })
    }
    if (lock.status === HELD) {
      throw new Problem(
        `The lock ${file} was not released in ${patience} seconds.`,
        `End the set-up that holds it, and run this one again. This names it: fuser -v ${quoted(file)}`,
      )
    }
    if (lock.status !== 0) throw refusal(file, lock.output.trim())
    // For the message of those who wait. Another user's file is locked all the same.
    attempt(() => fs.writeFileSync(file, `${process.pid}\n`))
    locks.add(input)
    return await work()
  } finally {
    locks.delete(input)
    fs.closeSync(input)
  }
}

/** @param {string} file @returns {number} */
function open(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const stat = fs.lstatSync(file, { throwIfNoEntry: false })
  // A link would be followed, and a pipe waited for.
  if (stat !== undefined && !stat.isFile()) fs.rmSync(file, { recursive: true, force: true })
  try {
    const descriptor = fs.openSync(file, 'a', 0o600)
    // Version 0.1 made files that every user may open.
    attempt(() => fs.fchmodSync(descriptor, 0o600))
    return descriptor
  } catch (error) {
    throw refusal(file, reason(error))
  }
}

/** @param {string} file @param {string} words */
function refusal(file, words) {
  return new Problem(
    `The lock ${file} cannot be taken: ${words}.`,
    `Run it as the owner of that file. If nothing runs, remove it: rm ${quoted(file)}`,
  )
}

/** @param {string} file */
const quoted = file => `'${file.replaceAll("'", "'\\''")}'`

module.exports = { withLock }
