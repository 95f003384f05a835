import { access, constants, link, readdir, realpath, rm, stat } from 'node:fs/promises'
import { dirname, join, parse } from 'node:path'
import { DcganError } from '../errors.js'
import { checkPath, ioError, writeFileAtomic } from '../internal/files.js'
import { checkInteger } from '../internal/options.js'
import { openRegularFile, piecesOf } from '../internal/regular-file.js'
import type { NativeState } from '../native/types.js'
import { readInfo } from './file.js'
import type { Hparams } from './metadata.js'
import { CHUNK_BYTES } from './values.js'
import { writeState } from './write.js'

/** Options of a `CheckpointKeeper`. */
interface CheckpointTarget {
  /** The file of the newest checkpoint. */
  path: string
  /** The number of older checkpoints to keep, 0 to 1,000,000. Default 1. */
  keep?: number | undefined
}

/** A checkpoint that was written. */
export interface Checkpoint {
  path: string
  step: number
}

/**
 * Writes the checkpoints of a run to one path, one after the other. The file at the path is always the newest one, and
 * complete. Before it is replaced, it gets a second name with its step: `digits.safetensors` stays as
 * `digits.step-000500.safetensors`. Of the files with such names, the `keep` newest are kept, whichever run wrote them.
 */
export class CheckpointKeeper {
  readonly path: string
  readonly keep: number
  #last: Checkpoint | undefined
  #warned = false

  /** @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` */
  constructor({ path, keep = 1 }: CheckpointTarget) {
    this.path = checkPath('checkpoint.path', path)
    this.keep = checkInteger('checkpoint.keep', keep, 0, 1_000_000)
  }

  /** The last checkpoint that this keeper wrote. */
  get last(): Checkpoint | undefined {
    return this.#last
  }

  /** Rejects with `ERR_DCGAN_IO` if no checkpoint could be written, so that training does not begin in vain. */
  async prepare(): Promise<void> {
    try {
      // A path that ends in /. fails if it names a file. The folder must be readable to find the older checkpoints.
      await access(`${dirname(this.path)}/.`, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw ioError('write', this.path, cause)
    }
    const there = await stat(this.path).catch(() => undefined)
    if (there !== undefined && !there.isFile()) {
      throw new DcganError(
        'ERR_DCGAN_IO',
        `Cannot write ${this.path}: it is not a regular file. Choose another path`,
      )
    }
  }

  /**
   * Writes a checkpoint durably. Call it again only when it has resolved.
   *
   * Rejects as `writeState` does; the last checkpoint is then still at `path`.
   */
  async write(state: NativeState, hparams: Hparams, classNames?: readonly string[]): Promise<Checkpoint> {
    if (this.keep > 0) await this.#keepPrevious(state.step)
    await writeState(this.path, state, hparams, { durable: true, classNames })
    this.#last = { path: this.path, step: state.step }
    await this.#removeOlder()
    return this.#last
  }

  /** Gives the checkpoint at `path` its second name. */
  async #keepPrevious(nextStep: number): Promise<void> {
    const step = await this.#stepAtPath()
    if (step === undefined || step === nextStep) return
    try {
      const path = await realpath(this.path)
      const { dir, name, ext } = parse(path)
      const older = join(dir, `${name}.step-${String(step).padStart(6, '0')}${ext}`)
      if (await isSameFile(path, older)) return
      await rm(older, { force: true })
      // Not every file system has hard links.
      await link(path, older).catch(async () => {
        const { mode } = await stat(path)
        await writeFileAtomic(older, contents(path), { durable: true, mode })
      })
    } catch (cause) {
      throw cause instanceof DcganError ? cause : ioError('write', this.path, cause)
    }
  }

  /** Reads the step of the state file at `path`. Returns undefined if there is no file to keep. */
  async #stepAtPath(): Promise<number | undefined> {
    try {
      return (await readInfo(this.path)).step
    } catch (error) {
      const { code, cause } = error as DcganError
      const missing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
      if (code === 'ERR_DCGAN_BAD_CHECKPOINT' || missing) return undefined
      throw error
    }
  }

  /** The new checkpoint is written, so a failure here ends no run: it is a warning, once per keeper. */
  async #removeOlder(): Promise<void> {
    try {
      const older = await olderCheckpoints(await realpath(this.path))
      for (const file of older.slice(this.keep)) await rm(file, { force: true })
    } catch (cause) {
      if (this.#warned) return
      this.#warned = true
      const { message } = cause as Error
      process.emitWarning(
        `Older checkpoints of ${this.path} could not be removed: ${message}. Remove them yourself`,
        { code: 'DCGAN_OLD_CHECKPOINTS' },
      )
    }
  }
}

/** Lists the older checkpoints of a file, the newest first. */
async function olderCheckpoints(path: string): Promise<string[]> {
  const { dir, name, ext } = parse(path)
  const prefix = `${name}.step-`
  const found: { file: string; step: number; written: number }[] = []
  for (const entry of await readdir(dir)) {
    const step = entry.slice(prefix.length, entry.length - ext.length)
    if (!entry.startsWith(prefix) || !entry.endsWith(ext) || !/^\d{6,16}$/.test(step)) continue
    const file = join(dir, entry)
    // Another process may have removed it since.
    const entryStat = await stat(file).catch(() => undefined)
    if (entryStat?.isFile()) found.push({ file, step: Number(step), written: entryStat.mtimeMs })
  }
  // A second name does not change a file's time. If times are equal, the steps decide.
  found.sort((a, b) => b.written - a.written || b.step - a.step)
  return found.map(({ file }) => file)
}

/** Reads a file's bytes. Opens it when the first bytes are needed, so that it is closed in any case. */
async function* contents(path: string): AsyncGenerator<Uint8Array> {
  const { file } = await openRegularFile(path)
  try {
    yield* piecesOf(file, CHUNK_BYTES)
  } finally {
    await file.close()
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([
    stat(a, { bigint: true }),
    stat(b, { bigint: true }).catch(() => undefined),
  ])
  return one.dev === other?.dev && one.ino === other.ino
}
