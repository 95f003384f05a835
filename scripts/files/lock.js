'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { Problem, attempt } = require('../problem.js')
const { which } = require('../programs.js')
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
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const stat = fs.lstatSync(file, { throwIfNoEntry: false })
  // flock would follow a link, and wait for a pipe.
  if (stat !== undefined && !stat.isFile()) fs.rmSync(file, { recursive: true, force: true })
  // Under some masks flock would make a file that everybody may write to. It says why a file cannot be made.
  attempt(() => fs.closeSync(fs.openSync(file, 'a', 0o644)))
  const flock = which('flock', '/usr/bin/flock')
  // Without flock there is no lock: two set-ups at once are rare, and no set-up at all would be worse.
  if (flock === undefined) return work()
  let lock = await start(flock, ['--nonblock', '--conflict-exit-code', String(HELD), file])
  if (lock.status === HELD) {
    const pid = /^\d+$/m.exec(attempt(() => fs.readFileSync(file, 'utf8')) ?? '')?.[0]
    const holder = pid === undefined ? '' : ` (process ${pid})`
    terminal.line(`Another set-up${holder} is ${doing}: waiting for it to release ${file}`)
    lock = await start(flock, [file])
  }
  if (lock.status !== undefined) {
    throw new Problem(
      `The lock ${file} cannot be taken: ${lock.words}.`,
      `Run it as the owner of that file. If nothing runs, remove it: rm '${file.replaceAll("'", "'\\''")}'`,
    )
  }
  // For the message of those who wait. Another user's file is locked all the same.
  attempt(() => fs.writeFileSync(file, `${process.pid}\n`))
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/**
 * Starts flock, with `cat` under it: that answers as soon as flock has the lock, and ends with this process, whose end
 * of a pipe it reads.
 *
 * @param {string} flock
 * @param {string[]} args
 * @returns {Promise<{ status?: number, words: string, release: () => Promise<void> }>} with a status if the lock was not
 *   taken
 */
async function start(flock, args) {
  // In a process group of its own: an interrupt of this one must first undo what is half done.
  const child = spawn(flock, [...args, '/bin/cat'], { detached: true })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    words += text
  })
  // It may have ended already.
  child.stdin.once('error', () => {}).write('\n')
  const closed = once(child, 'close')
  const ended = await Promise.race([once(child.stdout, 'data').then(() => undefined), closed])
  const release = async () => {
    child.stdin.end()
    await closed
  }
  return { ...(ended && { status: ended[0] ?? 1 }), words: words.trim(), release }
}

module.exports = { withLock }
