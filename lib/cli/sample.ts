import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { type DcganError, invalidArgument } from '../errors.js'
import { DEFAULTS, type HyperParamOptions } from '../hyperparams.js'
import {
  checkGridOptions,
  decodePng,
  drawGrid,
  type GreyImage,
  type GridOptions,
  type ImageBatch,
} from '../images/index.js'
import { makeFolder, writeFileAtomic } from '../internal/files.js'
import { drawSeed } from '../internal/random.js'
import { checkCount } from '../sampling/request.js'
import { labelsOf, machineParamsOf } from './flags.js'
import { halfBlocks, showsPictures } from './half-blocks.js'
import { modelOf, remark, withModel } from './model.js'

interface SampleFlags extends Record<string, unknown> {
  model?: string
  out: string
  count?: number
  seed?: number
  labels?: string[]
  minConfidence?: number
  truncation?: number
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
/** The most digits of a folder that are drawn on the terminal. */
const SHOWN = 10
/** The fewest digits of the number in a file's name: 7_0001.png. */
const LEAST_DIGITS = 4

/** Runs `libtorch-dcgan sample`, which writes digits into one picture or into a folder. */
export async function sample(flags: SampleFlags): Promise<void> {
  const { seed = drawSeed(), minConfidence, truncation, json } = flags
  const { count = flags.labels?.length ?? 1 } = flags
  const texts = repeated(flags.labels, count)
  const kind = kindOf(flags.out)
  const picture = kind === 'png'
  // The layout is checked first, because making images can take minutes.
  if (picture) checkGridOptions(layoutOf(flags), checkCount(count))
  const model = modelOf(flags.model)
  const { files, batch } = await withModel(model, overridesOf(flags), async gan => {
    const labels = labelsOf(texts, gan.classNames)
    const batch = await gan.sample(count, { seed, labels, minConfidence, truncation })
    const files =
      kind === 'folder' ? await writeFolder(batch, flags.out, seed) : [await writePicture(batch, flags, kind)]
    return { files, batch }
  })
  const text = json
    ? JSON.stringify({ model, seed, count, ...known(batch), files })
    : `Seed ${seed}${remark(model)}: ${summary(files)}`
  process.stdout.write(`${text}\n`)
  if (json || !showsPictures(process.stdout, flags.preview)) return
  const shown = picture ? count : Math.min(count, SHOWN)
  const layout = picture ? { ...layoutOf(flags), scale: 1 } : { columns: Math.ceil(shown / 2), gap: 2 }
  show(drawGrid(() => batch.pixels, shown, layout))
}

/** Runs `libtorch-dcgan grid`, which writes the picture of the snapshots, or a grid of new digits. */
export async function grid(flags: SampleFlags): Promise<void> {
  const { out, count, seed, minConfidence, truncation, json } = flags
  const texts = count === undefined ? flags.labels : repeated(flags.labels, count)
  if (kindOf(out) === 'gif') throw notWritten(out, 'a .png file')
  const model = modelOf(flags.model)
  await withModel(model, overridesOf(flags), gan => {
    const labels = labelsOf(texts, gan.classNames)
    return gan.saveGrid(out, { count, seed, labels, minConfidence, truncation, ...layoutOf(flags) })
  })
  process.stdout.write(`${json ? JSON.stringify({ model, files: [out] }) : `${out}${remark(model)}`}\n`)
  if (json || !showsPictures(process.stdout, flags.preview)) return
  show(await decodePng(await readFile(out)), flags.scale)
}

function show(picture: GreyImage, scale?: number): void {
  for (const line of halfBlocks(process.stdout, picture, scale)) process.stdout.write(`${line}\n`)
}

/** Raises `maxQueue` to `count`: this process makes only one request, so no others wait. */
function overridesOf(flags: SampleFlags): HyperParamOptions {
  const count = flags.count === undefined ? 0 : checkCount(flags.count)
  return { maxQueue: Math.max(DEFAULTS.maxQueue, count), ...machineParamsOf(flags) }
}

/** The output of `sample`: one picture of all images, an animation of them, or a folder with a picture of each. */
type Kind = 'png' | 'gif' | 'folder'

const OTHER_PICTURES = /^\.(jpe?g|jfif|bmp|webp|avif|heic|tiff?|svg|ico|pdf|apng)$/

function kindOf(out: string): Kind {
  const ending = extname(out).toLowerCase()
  if (ending === '.png' || ending === '.gif') return ending === '.png' ? 'png' : 'gif'
  if (OTHER_PICTURES.test(ending)) throw notWritten(out, 'a .png file, a .gif file or a folder')
  return 'folder'
}

function notWritten(out: string, expected: string): DcganError {
  return invalidArgument('--out', expected, out)
}

/** Repeats a list of labels until there are `count`, so that `--labels 1,2 --count 6` makes three of each. */
function repeated(labels: SampleFlags['labels'], count: number): SampleFlags['labels'] {
  if (labels === undefined || labels.length === 1 || labels.length >= count) return labels
  return Array.from({ length: checkCount(count) }, (_, i) => labels[i % labels.length] as string)
}

/** Returns the labels and confidences of a batch as lists, as far as it has them. */
function known({ labels, confidences, classNames }: ImageBatch): object {
  return {
    ...(labels && { labels: [...labels] }),
    ...(labels && classNames && { classNames: Array.from(labels, label => classNames[label]) }),
    ...(confidences && { confidences: [...confidences] }),
  }
}

async function writePicture(batch: ImageBatch, flags: SampleFlags, kind: 'png' | 'gif'): Promise<string> {
  const { out, scale, columns, gap, invert } = flags
  if (kind === 'gif') {
    for (const [flag, value] of Object.entries({ columns, gap, invert }))
      if (value !== undefined) throw invalidArgument(`--${flag}`, 'nothing', value, '--out is a .gif file')
  }
  await writeFileAtomic(out, kind === 'png' ? await batch.grid(layoutOf(flags)) : await batch.gif({ scale }))
  return out
}

function layoutOf({ columns, scale, gap, invert }: SampleFlags): GridOptions {
  return { columns, scale, gap, invert }
}

async function writeFolder(batch: ImageBatch, folder: string, seed: number): Promise<string[]> {
  await makeFolder(folder)
  const digits = Math.max(LEAST_DIGITS, String(batch.count - 1).length)
  const files = Array.from(batch, ({ label, className }, i) => {
    const name = label === undefined ? `digit_${seed}` : fileNameOf(className, label)
    return join(folder, `${name}_${String(i).padStart(digits, '0')}.png`)
  })
  for (let i = 0; i < files.length; i += WRITERS) {
    const some = files.slice(i, i + WRITERS)
    await Promise.all(some.map(async (file, j) => writeFileAtomic(file, await batch.png(i + j))))
  }
  return files
}

/** Returns a class's name if it can be part of a file's name, and otherwise its label. */
function fileNameOf(className: string | undefined, label: number): string {
  return className !== undefined && /^[\w-]{1,64}$/.test(className) ? className : String(label)
}

function summary(files: readonly string[]): string {
  return files.length === 1 ? `${files[0]}` : `${files[0]} … ${files.at(-1)}, ${files.length} files`
}
