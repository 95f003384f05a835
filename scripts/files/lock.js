'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Problem, codeOf } = require('../problem.js')

const POLL_MS = 200
const BEAT_MS = 10_000
/** A holder on another machine (a shared home folder) is taken for dead after this long without a beat. */
const FOREIGN_STALE_MS = 60_000
/** Writing a lock, or taking a dead holder's away, takes microseconds: a process that died at it is not waited for. */
const WRITE_STALE_MS = 5_000
const MAX_BYTES = 4096

// Not an npm package: proper-lockfile knows a dead holder only by its age, and set-up blocks for longer than that age
// may be (it loads LibTorch in a child process); flock() would need a native addon before there is a compiler.

/**
 * Runs `work` while holding a lock file; waits while another process holds it. A holder that was killed is
 * recognised by its process id (and start time, as ids are used again), and its lock is taken over, as is a file
 * that holds nothing that can be read.
 *
 * The file lies in a folder in which only those may write who may change what it protects.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(words: string) => void} [say] told once for whom this waits, and what is taken over
 * @param {string} [doing] what a holder does, for those words
 * @returns {Promise<T>}
 * @throws {Problem} where the lock is another user's
 */
async function withLock(file, work, say = () => {}, doing = 'at work here') {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const name = crypto.randomBytes(8).toString('hex')
  const own = `${file}.${name}`
  const content = JSON.stringify({ pid: process.pid, machine: machine(), start: startOf(process.pid), name })
  fs.writeFileSync(own, content, { flag: 'wx', mode: 0o644 })
  try {
    await acquire(file, own, say, doing)
  } finally {
    fs.rmSync(own, { force: true })
  }
  const release = () => {
    if (look(file)?.text === content) fs.rmSync(file, { force: true })
  }
  const beat = setInterval(() => touch(file), BEAT_MS)
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    process.removeListener('exit', release)
    release()
  }
}

/** @param {string} file @param {string} own @param {(words: string) => void} say @param {string} doing */
async function acquire(file, own, say, doing) {
  // A server's files may belong to another id than this process's: what it made itself shows which.
  const { uid } = fs.lstatSync(own)
  let waited = false
  /** @type {Seen | undefined} */
  let before
  let since = 0
  // A link either makes the name with its content, or fails: where there are links, no lock is ever seen empty.
  while (!link(own, file)) {
    const seen = look(file)
    if (seen === undefined) continue
    if (seen.uid !== uid) throw otherUsers(file, seen)
    // Clocks of two machines differ: a file that does not change for so long is as dead as one that is so old.
    if (before?.text !== seen.text || before?.mtimeMs !== seen.mtimeMs) since = performance.now()
    before = seen
    const age = Math.max(Date.now() - seen.mtimeMs, performance.now() - since)
    const dead = whyDead(seen, age)
    if (dead !== undefined && steal(file, own, seen)) {
      say(`Taking over the lock ${file}: ${dead}`)
      continue
    }
    if (!waited && dead === undefined && seen.holder !== undefined) {
      say(`Another set-up (process ${seen.holder.pid}) is ${doing}: waiting for it to let go of ${file}`)
      waited = true
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

/**
 * @typedef {{ pid: number, machine: string, start: string | undefined }} Holder
 * @typedef {{ uid: number, mtimeMs: number, text: string | undefined, holder: Holder | undefined }} Seen `text` is
 *   undefined for what is no file, and `holder` for what is no lock
 */

/** What has a lock's name; undefined where nothing has. @param {string} file @returns {Seen | undefined} */
function look(file) {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const text = stat.isFile() && stat.size <= MAX_BYTES ? read(file) : undefined
  return { uid: stat.uid, mtimeMs: stat.mtimeMs, text, holder: parse(text) }
}

/** @param {string} file */
function read(file) {
  try {
    // Neither through a link, nor waiting for the other end of a pipe.
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
    try {
      return fs.readFileSync(fd, 'utf8')
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return undefined
  }
}

/** @param {string | undefined} text @returns {Holder | undefined} */
function parse(text) {
  try {
    const value = JSON.parse(text ?? '')
    const whole = Number.isSafeInteger(value.pid) && value.pid > 0 && typeof value.machine === 'string'
    return whole ? value : undefined
  } catch {
    return undefined
  }
}

/** Why a lock's holder is not at work any more, in words. @param {Seen} seen @param {number} age in milliseconds */
function whyDead({ text, holder }, age) {
  if (holder === undefined) {
    if (age < WRITE_STALE_MS) return undefined
    return text === undefined ? 'it cannot be read' : text === '' ? 'it is empty' : 'it names no process'
  }
  const { pid } = holder
  if (holder.machine !== machine()) {
    return age < FOREIGN_STALE_MS ? undefined : `process ${pid} of another machine shows no life`
  }
  return startOf(pid) === holder.start && isAlive(pid)
    ? undefined
    : `process ${pid}, which held it, has ended`
}

/** @param {string} file @param {Seen} seen */
function otherUsers(file, { uid, holder }) {
  const process = holder === undefined ? '' : ` (process ${holder.pid})`
  return new Problem(
    `The lock ${file} belongs to another user, with the id ${uid}${process}, who may be setting up here.`,
    `Run it again when that is done. If nothing runs, remove the file: rm -rf '${file.replaceAll("'", "'\\''")}'`,
  )
}

/** @param {string} from @param {string} to */
function link(from, to) {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
  }
  try {
    // A file system without hard links: nearly as good.
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Of several that find the same dead holder, one removes its lock: removing is done under a lock of its own, and
 * only if the dead holder's is still the one that is there.
 *
 * @param {string} file
 * @param {string} own
 * @param {Seen} dead
 * @returns {boolean} whether this process removed it
 */
function steal(file, own, dead) {
  const guard = `${file}.steal`
  if (!link(own, guard)) {
    const age = Date.now() - (look(guard)?.mtimeMs ?? Number.NaN)
    if (Math.abs(age) > WRITE_STALE_MS) fs.rmSync(guard, { recursive: true, force: true })
    return false
  }
  try {
    // The guard is a link to our own file, whose age is that of the wait.
    touch(guard)
    const seen = look(file)
    if (seen?.text !== dead.text || seen?.mtimeMs !== dead.mtimeMs) return false
    fs.rmSync(file, { recursive: true, force: true })
    return true
  } finally {
    fs.rmSync(guard, { force: true })
  }
}

/** @param {string} file */
function touch(file) {
  try {
    const now = new Date()
    fs.utimesSync(file, now, now)
  } catch {
    // Removed by hand: the work goes on, and nothing is gained by stopping it.
  }
}

/** Where a process id means something: this machine, and this container of it. */
function machine() {
  try {
    return `${os.hostname()} ${fs.readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return os.hostname()
  }
}

/** When a process was started, in the kernel's clock ticks, where /proc tells. @param {number} pid */
function startOf(pid) {
  try {
    // The second field is the program's name in parentheses, and may hold anything.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

module.exports = { withLock }
