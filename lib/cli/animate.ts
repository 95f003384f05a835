import { join } from 'node:path'
import { animate as animateFolder, type GifOptions } from '../images/index.js'

interface AnimateFlags extends GifOptions {
  json?: boolean
}

/** Runs `libtorch-dcgan animate`, which makes a GIF of the snapshots in a folder. */
export async function animate(folder: string, file: string | undefined, flags: AnimateFlags): Promise<void> {
  const { json, ...options } = flags
  const target = file ?? join(folder, 'output.gif')
  const frames = await animateFolder(folder, target, options)
  process.stdout.write(`${json ? JSON.stringify({ file: target, frames }) : `${target}, ${frames} frames`}\n`)
}
