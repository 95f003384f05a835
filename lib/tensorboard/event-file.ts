import { type FileHandle, open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ioError, makeFolder } from '../internal/files.js'
import type { Message } from '../internal/protobuf.js'
import { crc32c } from './crc32c.js'
import { fileVersion } from './events.js'

let filesMade = 0

/** A file of events in a folder that TensorBoard shows as one run. Earlier files of the folder stay as they are. */
export class EventFile {
  readonly #path: string
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Makes the folder, and a new file in it that begins with these events. Rejects with `ERR_DCGAN_IO`. */
  static async open(folder: string, ...first: Message[]): Promise<EventFile> {
    await makeFolder(folder)
    // TensorBoard reads the files of a folder in the order of their names.
    const time = (Date.now() / 1000).toFixed(3)
    const name = `events.out.tfevents.${time}.${hostname()}.${process.pid}.${filesMade++}`
    const path = join(folder, name)
    const file = await open(path, 'wx').catch(cause => {
      throw ioError('write', path, cause)
    })
    const events = new EventFile(path, file)
    try {
      await events.write(fileVersion(), ...first)
    } catch (error) {
      await file.close()
      throw error
    }
    return events
  }

  /** Appends the events. Rejects with `ERR_DCGAN_IO`. */
  async write(...events: readonly Message[]): Promise<void> {
    try {
      // Events are written in one piece, because TensorBoard may read meanwhile, and waits for the rest of a record.
      await this.#file.appendFile(Buffer.concat(events.map(event => record(event.toBytes()))))
    } catch (cause) {
      throw ioError('write', this.#path, cause)
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** A record of a TFRecord file: its length and the length's checksum, its bytes and their checksum. */
function record(data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 16)
  bytes.writeBigUInt64LE(BigInt(data.length), 0)
  bytes.writeUInt32LE(masked(crc32c(bytes.subarray(0, 8))), 8)
  bytes.set(data, 12)
  bytes.writeUInt32LE(masked(crc32c(data)), data.length + 12)
  return bytes
}

/** TFRecord's mask, so that the checksum of bytes that hold checksums stays a good one. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
