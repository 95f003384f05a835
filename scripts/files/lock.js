'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem, attempt, reason } = require('../problem.js')
const { which } = require('../programs.js')
const { run } = require('../run.js')
const terminal = require('../terminal.js')

/** The status that flock ends with while another process holds the lock. */
const HELD = 75

/**
 * Runs `work` while holding a lock on a file; waits, and says so, while another process holds it. The file stays. It
 * lies in a folder that only those may write to who may change what the lock protects.
 *
 * The lock is that of flock(1), which every Linux with glibc has: the kernel takes it back when its holder ends, however
 * it ends. So no lock is ever stale, whatever the file holds and whose it is.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {string} [doing] what a holder does, for the message
 * @returns {Promise<T>}
 * @throws {Problem} if the file cannot be locked
 */
async function withLock(file, work, doing = 'at work here') {
  const flock = which('flock', '/usr/bin/flock')
  // Without flock there is no lock: two set-ups at once are rare, and no set-up at all would be worse.
  if (flock === undefined) return work()
  const input = open(file)
  try {
    // flock locks what it has open as its standard input, and so have we: the lock outlives it, until we close the file.
    let lock = await run(flock, ['--nonblock', '--conflict-exit-code', String(HELD), '0'], { input })
    if (lock.status === HELD) {
      const pid = /^\d+$/m.exec(attempt(() => fs.readFileSync(file, 'utf8')) ?? '')?.[0]
      const holder = pid === undefined ? '' : ` (process ${pid})`
      terminal.line(`Another set-up${holder} is ${doing}: waiting for it to release ${file}`)
      lock = await run(flock, ['0'], { input })
    }
    if (lock.status !== 0) throw refusal(file, lock.output.trim())
    // For the message of those who wait. Another user's file is locked all the same.
    attempt(() => fs.writeFileSync(file, `${process.pid}\n`))
    return await work()
  } finally {
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
    return attempt(() => fs.openSync(file, 'a', 0o644)) ?? fs.openSync(file, 'r')
  } catch (error) {
    throw refusal(file, reason(error))
  }
}

/** @param {string} file @param {string} words */
function refusal(file, words) {
  return new Problem(
    `The lock ${file} cannot be taken: ${words}.`,
    `Run it as the owner of that file. If nothing runs, remove it: rm '${file.replaceAll("'", "'\\''")}'`,
  )
}

module.exports = { withLock }
