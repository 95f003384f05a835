import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { DcganError } from '../errors.js'
import { ioError } from '../files.js'
import type { StepLosses } from './losses.js'

const HEADER = 'step,epoch,disc_loss,disc_loss_real,disc_loss_fake,gen_loss,r1,r2\n'

/** A CSV file of a run's losses, one row for each step that the model has made. */
export class LossLog {
  readonly #path: string
  readonly #file: FileHandle
  #end: number

  private constructor(path: string, file: FileHandle, end: number) {
    this.#path = path
    this.#file = file
    this.#end = end
  }

  /**
   * `step`: steps that the model has made. Rows of later steps come from a run that ended after its last checkpoint. They
   * are removed, because this run makes those steps again.
   *
   * Rejects with `ERR_DCGAN_IO`, also for a file that is not such a log, which then stays unchanged.
   */
  static async open(path: string, step: number): Promise<LossLog> {
    const file = await opened(path)
    try {
      const kept = await rowsUpTo(path, file, step)
      await file.truncate(kept.length)
      const log = new LossLog(path, file, kept.length)
      if (kept.length === 0) await log.#append(HEADER)
      return log
    } catch (cause) {
      await file.close()
      throw cause instanceof DcganError ? cause : ioError('write', path, cause)
    }
  }

  /** Adds the rows of the last steps up to `step`, all of one epoch. */
  async write(step: number, epoch: number, losses: readonly StepLosses[]): Promise<void> {
    const first = step - losses.length + 1
    const rows = losses.map(({ disc, real, fake, gen, r1, r2 }, i) =>
      [
        first + i,
        epoch,
        ...[disc, real, fake, gen, r1, r2].map(value => (Number.isNaN(value) ? '' : value)),
      ].join(','),
    )
    try {
      await this.#append(rows.map(row => `${row}\n`).join(''))
    } catch (cause) {
      throw ioError('write', this.#path, cause)
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#end)
      done += bytesWritten
      this.#end += bytesWritten
    }
  }
}

/** Opens a file for reading and writing, and creates it if necessary. Does not wait for the other end of a pipe. */
async function opened(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0))
    if ((await file.stat()).isFile()) return file
  } catch (cause) {
    await file?.close()
    throw ioError('write', path, cause)
  }
  await file.close()
  throw new DcganError('ERR_DCGAN_IO', `Cannot write ${path}: it is not a regular file. Choose another path`)
}

/** Reads the file from its header to the row of this step. */
async function rowsUpTo(path: string, file: FileHandle, step: number): Promise<Buffer> {
  const bytes = await file.readFile()
  if (bytes.length > 0 && !bytes.subarray(0, HEADER.length).equals(Buffer.from(HEADER))) {
    throw new DcganError(
      'ERR_DCGAN_IO',
      `Cannot write ${path}: it is there already, and is no log of losses. Choose another path or remove it`,
    )
  }
  let end = Math.min(bytes.length, HEADER.length)
  for (let next = bytes.indexOf('\n', end); next >= 0; next = bytes.indexOf('\n', end)) {
    // A row without a number ends it too, such as one that a crash cut off.
    if (!(Number.parseInt(bytes.toString('latin1', end, next), 10) <= step)) break
    end = next + 1
  }
  return bytes.subarray(0, end)
}
