import fs from 'node:fs'
import path from 'node:path'
import type { DcganError } from '../errors.js'
import { attempt, failure, messageOf } from './failure.js'
import { findProgram } from './programs.js'
import { line } from './report.js'
import { locks, run } from './run.js'

/** The status with which flock ends while another process holds the lock. */
const HELD = 75
/** No set-up takes so long, not even where it fetches two gigabytes slowly. */
const PATIENCE_SECONDS = 3600

/**
 * Runs `work` while holding a lock on a file. While another process holds it, waits and says so. The file stays. It lies
 * in a folder that only those may write to who may change what the lock protects.
 *
 * The lock is that of flock(1), which every Linux with glibc has: the kernel releases it when its holder ends, however
 * it ends. So no lock is ever stale. A user who may open the file can hold the lock, so only its owner may.
 *
 * @param doing what a holder does, for the message
 * @param patience seconds to wait
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
  const input = open(file)
  try {
    // flock locks what it has open as its standard input, and we have that open too: the lock outlives it, until we and
    // all programs that we started have closed the file.
    const flags = ['--conflict-exit-code', String(HELD), '0']
    let lock = await run(flock, ['--nonblock', ...flags], { input })
    if (lock.status === HELD) {
      const pid = /^\d+$/m.exec(attempt(() => fs.readFileSync(file, 'utf8')) ?? '')?.[0]
      const holder = pid === undefined ? '' : ` (process ${pid})`
      line(`Another set-up${holder} is ${doing}: waiting for it to release ${file}`)
      lock = await run(flock, ['--timeout', String(patience), ...flags], { input })
    }
    if (lock.status === HELD) {
      throw failure(
        'ERR_DCGAN_IO',
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

function open(file: string): number {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  // A link would be followed, and a pipe waited for.
  if (fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    fs.rmSync(file, { recursive: true, force: true })
  }
  try {
    const descriptor = fs.openSync(file, 'a', 0o600)
    // Version 0.1 made files that every user may open.
    attempt(() => fs.fchmodSync(descriptor, 0o600))
    return descriptor
  } catch (error) {
    throw refusal(file, messageOf(error))
  }
}

function refusal(file: string, message: string): DcganError {
  return failure(
    'ERR_DCGAN_IO',
    `The lock ${file} cannot be taken: ${message}.`,
    `Run it as the owner of that file. If nothing runs, remove it: rm ${quoted(file)}`,
  )
}

/** Quotes a path for a shell. */
export function quoted(file: string): string {
  return `'${file.replaceAll("'", "'\\''")}'`
}
