import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ioError, writeFileAtomic } from '../files.js'
import { animateFiles, listSnapshots, SIDE, snapshotName, snapshotSize } from '../images/index.js'
import { NotRegularFile } from '../regular-file.js'

/** The pictures of a training run: `dcgan_steps_%06d.png` in a folder, and the GIF of them. */
export class Snapshots {
  readonly #folder: string
  /** Snapshots that the run which this one continues left in the folder. */
  readonly #earlier: readonly string[]
  readonly #paths: string[] = []

  private constructor(folder: string, earlier: readonly string[]) {
    this.#folder = folder
    this.#earlier = earlier
  }

  /**
   * Makes the folder. `step`: steps that the model has behind it. A run that continues takes up the snapshots up
   * to there; whatever else is in the folder belongs to other runs and stays out of the GIF.
   */
  static async open(folder: string, outputDim: number, step: number): Promise<Snapshots> {
    await mkdir(folder, { recursive: true }).catch(cause => {
      throw ioError('create', folder, cause)
    })
    const upTo = snapshotName(step)
    const found = step === 0 ? [] : await listSnapshots(folder)
    const earlier: string[] = []
    // One after the other: a process may have few files open at once.
    for (const path of found) {
      if (isUpTo(basename(path), upTo) && (await hasSide(path, outputDim * SIDE))) earlier.push(path)
    }
    return new Snapshots(folder, earlier)
  }

  /** Paths of this run's snapshots, in step order. */
  get paths(): string[] {
    return [...this.#paths]
  }

  /** Writes the picture of a step; returns its path. */
  async write(step: number, png: Buffer): Promise<string> {
    const path = join(this.#folder, snapshotName(step))
    await writeFileAtomic(path, png)
    this.#paths.push(path)
    return path
  }

  /** Writes `output.gif`; returns its path. */
  async animate(): Promise<string> {
    const path = join(this.#folder, 'output.gif')
    await animateFiles([...new Set([...this.#earlier, ...this.#paths])], path)
    return path
  }
}

/** Longer names have more digits, so a higher step. */
function isUpTo(name: string, last: string): boolean {
  return name.length < last.length || (name.length === last.length && name <= last)
}

/** Whether a file is a square snapshot of this side. One that cannot be read is an error, not a snapshot less. */
async function hasSide(path: string, side: number): Promise<boolean> {
  try {
    const size = await snapshotSize(path)
    return size?.width === side && size.height === side
  } catch (error) {
    const { cause } = error as Error
    // Neither was written by a run: a folder, a pipe or a device, and a link that leads nowhere.
    if (cause instanceof NotRegularFile || (cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
