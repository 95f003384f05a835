import { basename, join } from 'node:path'
import { animateFiles, listSnapshots, snapshotName, snapshotSize } from '../images/index.js'
import { makeFolder, writeFileAtomic } from '../internal/files.js'
import { NotRegularFile } from '../internal/regular-file.js'
import { SIDE } from '../internal/sizes.js'
import type { OutputPath } from './options.js'

/** The pictures of a training run: `dcgan_steps_%06d.png` in a folder, and the GIF of them. */
export class Snapshots {
  readonly #folder: OutputPath
  /** Snapshots in the folder from the earlier run that this one continues. */
  readonly #earlier: readonly string[]
  readonly #names: string[] = []

  private constructor(folder: OutputPath, earlier: readonly string[]) {
    this.#folder = folder
    this.#earlier = earlier
  }

  /**
   * Creates the folder. `step`: steps that the model has made. A run that continues adds to the snapshots up to that
   * step. Other snapshots in the folder belong to other runs and are not part of the GIF.
   */
  static async open(folder: OutputPath, outputDim: number, step: number): Promise<Snapshots> {
    await makeFolder(folder.path)
    const upTo = snapshotName(step)
    const found = step === 0 ? [] : await listSnapshots(folder.path)
    const earlier: string[] = []
    // Files are read one after the other, because the number of open files is limited.
    for (const path of found) {
      if (isUpTo(basename(path), upTo) && (await hasSide(path, outputDim * SIDE))) earlier.push(path)
    }
    return new Snapshots(folder, earlier)
  }

  /** Paths of this run's snapshots, in step order. */
  get paths(): string[] {
    return this.#names.map(name => join(this.#folder.given, name))
  }

  /** Writes the picture of a step; returns its path. */
  async write(step: number, png: Buffer): Promise<string> {
    const name = snapshotName(step)
    await writeFileAtomic(join(this.#folder.path, name), png)
    this.#names.push(name)
    return join(this.#folder.given, name)
  }

  /** Writes `output.gif`; returns its path. */
  async animate(): Promise<string> {
    const { path, given } = this.#folder
    const paths = this.#names.map(name => join(path, name))
    await animateFiles([...new Set([...this.#earlier, ...paths])], join(path, 'output.gif'))
    return join(given, 'output.gif')
  }
}

/** Compares snapshot names by their step: a longer name has more digits. */
function isUpTo(name: string, last: string): boolean {
  return name.length < last.length || (name.length === last.length && name <= last)
}

/** Returns whether a file is a square snapshot of this side. Throws if the file cannot be read. */
async function hasSide(path: string, side: number): Promise<boolean> {
  try {
    const size = await snapshotSize(path)
    return size?.width === side && size.height === side
  } catch (error) {
    const { cause } = error as Error
    // A run writes no folder, pipe or device, and no link that leads nowhere.
    if (cause instanceof NotRegularFile || (cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
