import { basename } from 'node:path'
import { DcganError } from '../errors.js'
import { checkPath, writeFileAtomic } from '../internal/files.js'
import { lazy } from '../internal/lazy.js'
import type { GifOptions } from './gif.js'
import type { GreyImage } from './grey.js'

const gifs = lazy(() => require('./gif.js') as typeof import('./gif.js'))
const snapshotFiles = lazy(() => require('./snapshot-file.js') as typeof import('./snapshot-file.js'))

/** The last frame stays long, so that the result can be seen. */
const DEFAULTS: GifOptions = { delay: 250, lastDelay: 2000 }

/**
 * Makes an animated GIF of the snapshots in a folder, which are the files `dcgan_steps_%06d.png`, in the order of their
 * steps. Ignores other files. Writes the GIF whole or not at all.
 *
 * @param folder where the snapshots are, for example `'output'`
 * @param file path of the GIF; may be in the same folder
 * @param options `delay` is 250 ms and `lastDelay` 2,000 ms by default
 * @returns the number of frames
 * @throws {DcganError} `ERR_DCGAN_IO` if the folder or a snapshot cannot be read, if there are no snapshots, if their
 *   sizes differ or a training run did not write them, or if the GIF cannot be written
 *
 * @example
 * import { animate } from 'libtorch-dcgan'
 *
 * await animate('output', 'output/output.gif', { scale: 2 })
 */
export async function animate(folder: string, file: string, options?: GifOptions): Promise<number> {
  const from = checkPath('folder', folder)
  const to = checkPath('file', file)
  const checked = gifs().checkGifOptions(options, DEFAULTS)
  const snapshots = await snapshotFiles().listSnapshots(from)
  if (snapshots.length === 0) {
    const advice = 'Give the outputDir of a training run'
    throw new DcganError('ERR_DCGAN_IO', `${folder} has no snapshots (dcgan_steps_000000.png, …). ${advice}`)
  }
  return animateFiles(snapshots, to, checked)
}

/** Makes an animated GIF of one or more PNG files of one size, in the given order. */
export async function animateFiles(
  paths: readonly string[],
  file: string,
  options = gifs().checkGifOptions(undefined, DEFAULTS),
): Promise<number> {
  const { readSnapshot, sizeOf } = snapshotFiles()
  const gif = new (gifs().GifWriter)(options)
  let first: GreyImage | undefined
  for (const [i, path] of paths.entries()) {
    const frame = await readSnapshot(path)
    first ??= frame
    if (frame.width !== first.width || frame.height !== first.height) {
      const sizes = `${path} has ${sizeOf(frame)} pixels and ${basename(paths[0] as string)} has ${sizeOf(first)}`
      const advice = 'They belong to different runs: move the files of one run to another folder'
      throw new DcganError('ERR_DCGAN_IO', `${sizes}. ${advice}`)
    }
    gif.add(frame, i === paths.length - 1)
  }
  await writeFileAtomic(file, gif.end())
  return paths.length
}
