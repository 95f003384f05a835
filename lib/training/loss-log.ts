import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { DcganError } from '../errors.js'
import type { Figures } from '../evaluation/index.js'
import { ioError } from '../internal/files.js'
import type { StepLosses } from './losses.js'

const LOSSES = 'step,epoch,disc_loss,disc_loss_real,disc_loss_fake,gen_loss,r1,r2'
const HEADER = `${LOSSES}\n`
/** The header of a run that is evaluated. The row of the step before an evaluation has its figures. */
const HEADER_WITH_FIGURES = `${LOSSES},frechet_distance,precision,recall,label_accuracy\n`
const NO_FIGURES = ',,,,'

/** A CSV file of a run's losses, one row for each step that the model has made. */
export class LossLog {
  readonly #path: string
  readonly #file: FileHandle
  /** True if the rows have places for figures. */
  readonly #figures: boolean
  #end: number

  private constructor(path: string, file: FileHandle, end: number, figures: boolean) {
    this.#path = path
    this.#file = file
    this.#end = end
    this.#figures = figures
  }

  /**
   * `step`: steps that the model has made. Rows of later steps come from a run that ended after its last checkpoint. They
   * are removed, because this run makes those steps again. `figures`: true if a new file gets places for figures. A file
   * that is continued keeps its columns.
   *
   * Rejects with `ERR_DCGAN_IO`, also for a file that is not such a log, which then stays unchanged.
   */
  static async open(path: string, step: number, figures = false): Promise<LossLog> {
    const file = await opened(path)
    try {
      const kept = await rowsUpTo(path, file, step)
      await file.truncate(kept.length)
      const places = kept.length === 0 ? figures : kept.indexOf(HEADER_WITH_FIGURES) === 0
      const log = new LossLog(path, file, kept.length, places)
      if (kept.length === 0) await log.#append(places ? HEADER_WITH_FIGURES : HEADER)
      return log
    } catch (cause) {
      await file.close()
      throw cause instanceof DcganError ? cause : ioError('write', path, cause)
    }
  }

  /** Adds the rows of the last steps up to `step`, all of one epoch. */
  async write(step: number, epoch: number, losses: readonly StepLosses[]): Promise<void> {
    const first = step - losses.length + 1
    const end = this.#figures ? `${NO_FIGURES}\n` : '\n'
    const rows = losses.map(({ discLoss, discLossReal, discLossFake, genLoss, r1, r2 }, i) => {
      const values = [first + i, epoch, discLoss, discLossReal, discLossFake, genLoss, r1, r2]
      return `${values.map(value => (Number.isNaN(value) ? '' : value)).join(',')}${end}`
    })
    await this.#append(rows.join(''))
  }

  /** Adds figures to the last row. */
  async writeFigures({ frechetDistance, precision, recall, labelAccuracy }: Figures): Promise<void> {
    if (!this.#figures) return
    this.#end -= NO_FIGURES.length + 1
    await this.#append(`,${[frechetDistance, precision, recall, labelAccuracy ?? ''].join(',')}\n`)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#end)
        done += bytesWritten
        this.#end += bytesWritten
      }
    } catch (cause) {
      throw ioError('write', this.#path, cause)
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
  const start = Buffer.alloc(HEADER_WITH_FIGURES.length)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  const header = [HEADER_WITH_FIGURES, HEADER].find(each => start.indexOf(each) === 0) ?? ''
  // Another file may be large, so only its beginning is read.
  if (bytesRead > 0 && header === '') {
    throw new DcganError(
      'ERR_DCGAN_IO',
      `Cannot write ${path}: it is there already, and is no log of losses. Choose another path or remove it`,
    )
  }
  const bytes = await file.readFile()
  return bytes.subarray(0, endOfRow(bytes, header.length, step))
}

const [NEWLINE, ZERO, NINE] = [0x0a, 0x30, 0x39]

/** Returns the end of the last row up to this step, from the place where the rows begin. */
function endOfRow(bytes: Buffer, begin: number, step: number): number {
  let end = begin
  let number = Number.NaN
  let inNumber = true
  for (let i = begin; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === NEWLINE) {
      // A row without a number ends the log too, such as one that a crash cut off.
      if (!(number <= step)) break
      end = i + 1
      number = Number.NaN
      inNumber = true
    } else if (inNumber && byte >= ZERO && byte <= NINE) {
      number = 10 * (Number.isNaN(number) ? 0 : number) + byte - ZERO
    } else {
      inNumber = false
    }
  }
  return end
}
