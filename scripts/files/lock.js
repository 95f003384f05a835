'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { codeOf } = require('../problem.js')

const POLL_MS = 200
const BEAT_MS = 10_000
/** A holder on another machine (a shared home folder) is taken for dead after this long without a beat. */
const FOREIGN_STALE_MS = 60_000
/** Taking a dead holder's lock away takes microseconds: whoever died doing that is not waited for. */
const STEAL_STALE_MS = 10_000

/**
 * Runs `work` while holding a lock file; waits while another process holds it. A holder that was killed is
 * recognised by its process id (and start time, as ids are used again), and its lock is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(pid: number) => void} [onWait] called once, with the process id of the holder
 * @returns {Promise<T>}
 */
async function withLock(file, work, onWait = () => {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const own = `${file}.${process.pid}-${crypto.randomBytes(4).toString('hex')}`
  fs.writeFileSync(own, JSON.stringify({ pid: process.pid, machine: machine(), start: startOf(process.pid) }))
  let waited = false
  try {
    // A link either makes the name with its content, or fails: no other process ever sees an empty lock.
    while (!link(own, file)) {
      const holder = read(file)
      if (holder !== undefined && isStale(file, holder)) steal(file, own, holder)
      else {
        if (!waited && holder !== undefined) onWait(holder.pid)
        waited = true
        await new Promise(resolve => setTimeout(resolve, POLL_MS))
      }
    }
  } finally {
    fs.rmSync(own, { force: true })
  }
  const release = () => fs.rmSync(file, { force: true })
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

/** @typedef {{ pid: number, machine: string, start: string | undefined }} Holder */

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

/** @param {string} file @returns {Holder | undefined} */
function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} file @param {Holder} holder */
function isStale(file, holder) {
  if (holder.machine !== machine()) return olderThan(file, FOREIGN_STALE_MS)
  return startOf(holder.pid) !== holder.start || !isAlive(holder.pid)
}

/**
 * Of several that find the same dead holder, one removes its lock: removing is done under a lock of its own, and
 * only if the dead holder's is still the one that is there.
 *
 * @param {string} file
 * @param {string} own
 * @param {Holder} dead
 */
function steal(file, own, dead) {
  const guard = `${file}.steal`
  if (!link(own, guard)) {
    if (olderThan(guard, STEAL_STALE_MS)) fs.rmSync(guard, { force: true })
    return
  }
  try {
    // The guard is a link to our own file, whose age is that of the wait.
    touch(guard)
    const holder = read(file)
    if (holder !== undefined && holder.pid === dead.pid && holder.start === dead.start)
      fs.rmSync(file, { force: true })
  } finally {
    fs.rmSync(guard, { force: true })
  }
}

/** @param {string} file @param {number} ms */
function olderThan(file, ms) {
  try {
    return Date.now() - fs.statSync(file).mtimeMs > ms
  } catch {
    return false
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
