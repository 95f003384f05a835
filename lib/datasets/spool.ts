import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BatchImage } from '../images/index.js'
import { ioError } from '../internal/files.js'
import { piecesOf } from '../internal/regular-file.js'

const PIECE_BYTES = 2 ** 18

/**
 * Keeps images on the disk until their number is known, which the header of a data set's file begins with. Memory holds
 * only the labels.
 */
export class Spool {
  readonly #path: string
  readonly #file: FileHandle
  #labels = new Uint8Array(2 ** 12)
  #count = 0
  #labelled = 0

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Makes a file in this folder. If the process is killed, a later write into the folder removes it. */
  static async open(folder: string): Promise<Spool> {
    const path = join(folder, `.dcgan-${process.pid}-${randomUUID()}.tmp`)
    return new Spool(
      path,
      await open(path, 'wx+').catch(cause => {
        throw ioError('write', path, cause)
      }),
    )
  }

  get count(): number {
    return this.#count
  }

  /** One label for each image; undefined if some image has none. */
  get labels(): Uint8Array | undefined {
    return this.#labelled === this.#count ? this.#labels.subarray(0, this.#count) : undefined
  }

  async add(images: readonly BatchImage[]): Promise<void> {
    for (const { label } of images) {
      if (this.#count === this.#labels.length) this.#grow()
      this.#labels[this.#count++] = label ?? 0
      if (label !== undefined) this.#labelled++
    }
    await this.#file.appendFile(Buffer.concat(images.map(({ pixels }) => pixels))).catch(cause => {
      throw ioError('write', this.#path, cause)
    })
  }

  /** Yields the bytes of the images. */
  pieces(): AsyncIterable<Uint8Array> {
    return piecesOf(this.#file, PIECE_BYTES)
  }

  async remove(): Promise<void> {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#labels.length)
    grown.set(this.#labels)
    this.#labels = grown
  }
}
