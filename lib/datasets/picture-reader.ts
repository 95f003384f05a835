import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DcganError } from '../errors.js'
import { assertInstalled } from '../internal/installed.js'
import { loading } from '../internal/loading.js'
import type { Answer } from './picture-worker.js'

const ROOT = join(__dirname, '..', '..')
/** Compiled in any case: tests run this file from lib/. */
const PROGRAM = join(ROOT, 'dist', 'datasets', 'picture-worker.js')
/** The largest picture takes about five seconds. A small file can be made that takes hours. */
const MAX_SECONDS = 60

/** Reads pictures in a thread, because decoding one may take seconds. The caller closes it. */
export class PictureReader {
  #thread: Worker | undefined

  /**
   * Reads a file as a picture of 28×28.
   *
   * Rejects with the signal's reason, or with `ERR_DCGAN_IO` if the thread cannot be started.
   */
  async read(path: string, signal: AbortSignal | undefined): Promise<Answer> {
    signal?.throwIfAborted()
    this.#thread ??= await start()
    const stopped = new AbortController()
    const stop = () => stopped.abort()
    signal?.addEventListener('abort', stop)
    const timer = setTimeout(stop, MAX_SECONDS * 1000)
    try {
      this.#thread.postMessage(path)
      const [answer] = await once(this.#thread, 'message', { signal: stopped.signal })
      return answer
    } catch (error) {
      // The thread has ended, or still decodes.
      await this.close()
      signal?.throwIfAborted()
      const slow = `decoding it takes more than ${MAX_SECONDS} seconds`
      return { wrong: stopped.signal.aborted ? slow : (error as Error).message }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate()
    this.#thread = undefined
  }
}

async function start(): Promise<Worker> {
  assertInstalled(ROOT, 'ERR_DCGAN_IO')
  try {
    // Decoders write warnings to standard output, which is dropped.
    const thread = new Worker(PROGRAM, { execArgv: [], stdout: true })
    thread.stdout.resume()
    await once(thread, 'message')
    return thread
  } catch (cause) {
    const advice = 'Allow threads to this process (with --permission: --allow-worker)'
    const message = `Cannot start the thread that reads pictures: ${(cause as Error).message}. ${advice}`
    return loading(() => {
      throw new DcganError('ERR_DCGAN_IO', message, { cause })
    })
  }
}
