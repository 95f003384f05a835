import fs from 'node:fs'
import path from 'node:path'
import { attempt, ioFailure, messageOf } from '../internal/failure.js'
import { line } from '../internal/report.js'
import { quoted } from '../internal/shell.js'
import { findProgram } from './programs.js'
import { locks, run } from './run.js'

/** The status with which flock ends while another process holds the lock. */
const HELD = '75'
/** No set-up takes so long, not even where it fetches two gigabytes slowly. */
const PATIENCE_SECONDS = 3600

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants

/**
 * Runs `work` while holding a lock on a file. While another process holds it, waits and says so. The file stays.
 *
 * It is a lock of flock(1), which every Linux with glibc has: the kernel releases it when its holder ends, however it
 * ends. So no lock is ever stale. Only its owner may open the file, because any user who opens it could hold the lock.
 * `doing` says in the message what a holder does; `patience` is in seconds.
 *
 * @throws {DcganError} if the file cannot be locked, or not in time
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { doing = 'at work here', patience = PATIENCE_SECONDS } = {},
): Promise<T> {
  const flock = findProgram('flock', '/usr/bin/flock')
  // Without flock there is no lock: two set-ups at once are rare, and no set-up at all would be worse.
  if (flock === undefined) return work()
  const refusal = (message: string) => {
    const fix = `Run set-up as the owner of that file. If no set-up runs, remove the file: rm -r ${quoted(file)}`
    return ioFailure(`The lock ${file} cannot be taken: ${message}.`, fix)
  }
  let input: number
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    // A link is not followed, and a pipe is not waited for.
    input = fs.openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  } catch (error) {
    throw refusal(messageOf(error))
  }
  try {
    // An older release may have made the file with other permissions.
    attempt(() => fs.fchmodSync(input, 0o600))
    // flock locks what it has open as its standard input, and we have that open too: the lock outlives it, until we and
    // all programs that we started have closed the file.
    const take = (...flags: string[]) => run(flock, [...flags, '--conflict-exit-code', HELD, '0'], { input })
    let { status, output } = await take('--nonblock')
    if (status === Number(HELD)) {
      const pid = attempt(() => fs.readFileSync(file, 'utf8').trim()) || 'unknown'
      line(`Another set-up (process ${pid}) is ${doing}: waiting for it to release ${file}`)
      ;({ status, output } = await take('--timeout', String(patience)))
    }
    if (status === Number(HELD)) {
      const fix = `End the set-up that holds it, which this command names: fuser -v ${quoted(file)}\nThen run this one again`
      throw ioFailure(`The lock ${file} was not released in ${patience} seconds.`, fix)
    }
    if (status !== 0) throw refusal(output.trim())
    // The message of a waiting set-up shows this number.
    attempt(() => fs.ftruncateSync(input) ?? fs.writeSync(input, `${process.pid}\n`))
    locks.add(input)
    return await work()
  } finally {
    locks.delete(input)
    fs.closeSync(input)
  }
}
