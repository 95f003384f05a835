'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { which } = require('../tools.js')

/** What flock ends with where another process holds the lock. */
const HELD = 75

// By flock(1), which every Linux with glibc has: the kernel lets go of a lock when its holder ends, however it ends. So no
// lock is ever stale, and what the file holds or who made it does not matter. Packages cannot do this here: set-up
// takes the lock before it installs them.

/**
 * Runs `work` while holding a lock on a file; waits while another process holds it. The file stays.
 *
 * It lies in a folder in which only those may write who may change what it protects.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(words: string) => void} [say] told once for whom this waits
 * @param {string} [doing] what a holder does, for those words
 * @returns {Promise<T>}
 * @throws {Problem} where the file cannot be locked, because it is another user's, for example
 */
async function withLock(file, work, say = () => {}, doing = 'at work here') {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const stat = fs.lstatSync(file, { throwIfNoEntry: false })
  // A link would be followed, and a pipe waited for.
  if (stat !== undefined && !stat.isFile()) fs.rmSync(file, { recursive: true, force: true })
  create(file)
  const flock = which(['flock', '/usr/bin/flock'])
  // A system without it has no lock: two set-ups at once are rare, and none at all would be worse.
  if (flock === undefined) return work()
  let holder = await start(flock, ['--nonblock', '--conflict-exit-code', String(HELD), file])
  if (holder.status === HELD) {
    say(`Another set-up${nameOf(file)} is ${doing}: waiting for it to let go of ${file}`)
    holder = await start(flock, [file])
  }
  if (holder.status !== undefined) {
    throw new Problem(
      `The lock ${file} cannot be taken: ${holder.words}.`,
      `Run it as the owner of that file. If nothing runs, remove it: rm '${file.replaceAll("'", "'\\''")}'`,
    )
  }
  noteHolder(file)
  try {
    return await work()
  } finally {
    await holder.release()
  }
}

/**
 * Starts flock. `cat` answers as soon as flock has the lock, and ends with this process, whose end of a pipe it reads.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ status?: number, words: string, release: () => Promise<void> }>} with a status where it has no lock
 */
async function start(program, args) {
  // In a process group of its own: an interrupt of this one must first undo what is half done.
  const flock = spawn(program, [...args, '/bin/cat'], { detached: true })
  let words = ''
  flock.stderr.setEncoding('utf8').on('data', text => {
    words += text
  })
  // It may have ended already.
  flock.stdin.once('error', () => {}).write('\n')
  const closed = once(flock, 'close')
  const answer = await Promise.race([once(flock.stdout, 'data').then(() => undefined), closed])
  const release = async () => {
    flock.stdin.end()
    await closed
  }
  return answer === undefined ? { words, release } : { status: answer[0] ?? 1, words: words.trim(), release }
}

/** flock would make a file that everybody may write to, under some masks. @param {string} file */
function create(file) {
  try {
    fs.closeSync(fs.openSync(file, 'a', 0o644))
  } catch {
    // flock says why, or can lock all the same what this user may only read.
  }
}

/** For the words to those who wait. @param {string} file */
function noteHolder(file) {
  try {
    fs.writeFileSync(file, `${process.pid}\n`)
  } catch {
    // Another user's, but locked all the same.
  }
}

/** @param {string} file */
function nameOf(file) {
  try {
    const pid = /^\d+$/m.exec(fs.readFileSync(file, 'utf8'))?.[0]
    return pid === undefined ? '' : ` (process ${pid})`
  } catch {
    return ''
  }
}

module.exports = { withLock }
