import { callsOf } from './calls.js'
import { idxFiles } from './idx.js'
import type { Kind } from './kind.js'
import { pngFiles } from './png.js'
import { portableFiles, stateFiles } from './state.js'
import { zipFiles } from './zip.js'

/** Kinds of files, made in a folder of their own. */
export const FILES: Record<string, (folder: string) => Kind> = {
  state: stateFiles,
  portable: portableFiles,
  idx: folder => idxFiles(folder, { zipped: false }),
  'idx.gz': folder => idxFiles(folder, { zipped: true }),
  png: pngFiles,
  zip: zipFiles,
}

export const KINDS: Record<string, (folder: string) => Kind> = { ...FILES, calls: callsOf }
