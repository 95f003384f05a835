import { mkdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { ioError, writeFileAtomic } from '../files.js'
import { DEFAULTS, type HyperParamOptions } from '../hyperparams.js'
import {
  checkGridOptions,
  decodePng,
  drawGrid,
  type GreyImage,
  type GridOptions,
  type ImageBatch,
} from '../images/index.js'
import { drawSeed } from '../random.js'
import { checkCount } from '../sampling/request.js'
import { hyperParamsOf } from './flags.js'
import { halfBlocks, showsPictures } from './half-blocks.js'
import { modelOf, remark, withModel } from './model.js'

export interface SampleFlags extends Record<string, unknown> {
  model?: string
  out: string
  count?: number
  seed?: number
  labels?: number | number[]
  minConfidence?: number
  columns?: number
  scale?: number
  gap?: number
  invert?: boolean
  /** False: draw no digits on the terminal. */
  preview?: boolean
  json?: boolean
}

/** Files that are written at the same time: enough for the disk, and far below the limit of open files. */
const WRITERS = 16
/** How many digits of a folder are drawn on the terminal. */
const SHOWN = 10

/** Runs `libtorch-dcgan sample`, which writes digits into one picture or into a folder. */
export async function sample(flags: SampleFlags): Promise<void> {
  const { seed = drawSeed(), labels, minConfidence, json } = flags
  const { count = Array.isArray(labels) ? labels.length : 1 } = flags
  const picture = extname(flags.out).toLowerCase() === '.png'
  // Checked first: making images can take minutes.
  if (picture) checkGridOptions(layoutOf(flags), checkCount(count))
  const model = modelOf(flags.model)
  const { files, batch } = await withModel(model, overridesOf(flags), async gan => {
    const batch = await gan.sample(count, { seed, labels, minConfidence })
    const files = picture ? [await writePicture(batch, flags)] : await writeFolder(batch, flags.out, seed)
    return { files, batch }
  })
  const text = json
    ? JSON.stringify({ model, seed, count, files })
    : `Seed ${seed}${remark(model)}: ${summary(files)}`
  process.stdout.write(`${text}\n`)
  if (json || !showsPictures(process.stdout, flags.preview)) return
  const shown = picture ? count : Math.min(count, SHOWN)
  const layout = picture ? { ...layoutOf(flags), scale: 1 } : { columns: Math.ceil(shown / 2), gap: 2 }
  show(drawGrid(batch.pixels, shown, layout))
}

/** Runs `libtorch-dcgan grid`, which writes the picture of the snapshots, or a grid of new digits. */
export async function grid(flags: SampleFlags): Promise<void> {
  const { out, count, seed, labels, minConfidence, json } = flags
  const model = modelOf(flags.model)
  await withModel(model, overridesOf(flags), gan =>
    gan.saveGrid(out, { count, seed, labels, minConfidence, ...layoutOf(flags) }),
  )
  process.stdout.write(`${json ? JSON.stringify({ model, files: [out] }) : `${out}${remark(model)}`}\n`)
  if (json || !showsPictures(process.stdout, flags.preview)) return
  show(await decodePng(await readFile(out)), flags.scale)
}

function show(picture: GreyImage, scale?: number): void {
  for (const line of halfBlocks(process.stdout, picture, scale)) process.stdout.write(`${line}\n`)
}

/** Raises `maxQueue` to `count`: this process makes only one request, so no others wait. */
function overridesOf(flags: SampleFlags): HyperParamOptions {
  const { seed: _, ...given } = hyperParamsOf(flags)
  const count = flags.count === undefined ? 0 : checkCount(flags.count)
  return { maxQueue: Math.max(DEFAULTS.maxQueue, count), ...given }
}

async function writePicture(batch: ImageBatch, flags: SampleFlags): Promise<string> {
  await writeFileAtomic(flags.out, await batch.grid(layoutOf(flags)))
  return flags.out
}

function layoutOf({ columns, scale, gap, invert }: SampleFlags): GridOptions {
  return { columns, scale, gap, invert }
}

async function writeFolder(batch: ImageBatch, folder: string, seed: number): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch(cause => {
    throw ioError('create', folder, cause)
  })
  const digits = String(batch.count - 1).length
  const files = Array.from({ length: batch.count }, (_, i) =>
    join(folder, `digit_${seed}_${String(i).padStart(digits, '0')}.png`),
  )
  for (let i = 0; i < files.length; i += WRITERS) {
    const some = files.slice(i, i + WRITERS)
    await Promise.all(some.map(async (file, j) => writeFileAtomic(file, await batch.png(i + j))))
  }
  return files
}

function summary(files: readonly string[]): string {
  return files.length === 1 ? `${files[0]}` : `${files[0]} … ${files.at(-1)}, ${files.length} files`
}
