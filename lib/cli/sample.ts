import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DCGAN } from '../dcgan.js'
import { DcganError } from '../errors.js'
import { ioError, writeFileAtomic } from '../files.js'
import { DEFAULTS } from '../hyperparams.js'
import { checkGridOptions, type GridOptions, type ImageBatch } from '../images/index.js'
import { defined } from '../options.js'
import { drawSeed } from '../random.js'
import { checkCount } from '../serving.js'
import { hyperParamsOf } from './flags.js'

export interface SampleFlags extends Record<string, unknown> {
  model?: string
  out: string
  count?: number
  seed?: number
  labels?: number | number[]
  columns?: number
  scale?: number
  json?: boolean
}

const TRAINED = join('output', 'dcgan.safetensors')
const PRETRAINED = 'pretrained'
/** Files that are written at once: enough for the disk, and far from what a process may have open. */
const WRITERS = 16

/** `libtorch-dcgan sample`: digits of a seed, as one picture or as a folder of them. */
export async function sample(flags: SampleFlags): Promise<void> {
  const { count = 1, seed = drawSeed(), labels, json } = flags
  const picture = extname(flags.out) === '.png'
  // Before minutes go into images that make no picture.
  if (picture) checkGridOptions(layoutOf(flags), checkCount(count))
  const model = modelOf(flags)
  const files = await withModel(model, flags, async gan => {
    const batch = await gan.sample(count, defined({ seed, labels }))
    return picture ? [await writePicture(batch, flags)] : writeFolder(batch, flags.out, seed)
  })
  const text = json
    ? JSON.stringify({ model, seed, count, files })
    : `Seed ${seed}${remark(model)}: ${summary(files)}`
  process.stdout.write(`${text}\n`)
}

/** `libtorch-dcgan grid`: the picture that the snapshots show, or a grid of a seed's digits. */
export async function grid(flags: SampleFlags): Promise<void> {
  const { out, count, seed, labels, columns, scale } = flags
  const model = modelOf(flags)
  await withModel(model, flags, gan => gan.saveGrid(out, defined({ count, seed, labels, columns, scale })))
  process.stdout.write(`${flags.json ? JSON.stringify({ model, files: [out] }) : `${out}${remark(model)}`}\n`)
}

/** What was trained here comes before what the package ships. */
function modelOf({ model }: SampleFlags): string {
  return model ?? (existsSync(TRAINED) ? TRAINED : PRETRAINED)
}

function remark(model: string): string {
  return model === PRETRAINED ? ' (the pretrained model)' : ''
}

async function withModel<T>(model: string, flags: SampleFlags, use: (gan: DCGAN) => Promise<T>): Promise<T> {
  const { seed: _, ...given } = hyperParamsOf(flags)
  // The one request of this process never waits behind others.
  const maxQueue = Math.max(DEFAULTS.maxQueue, flags.count === undefined ? 0 : checkCount(flags.count))
  const overrides = { ...given, maxQueue }
  const loading = model === PRETRAINED ? DCGAN.pretrained(overrides) : DCGAN.load(model, overrides)
  const gan = await loading.catch(error => {
    throw hinted(error)
  })
  try {
    return await use(gan)
  } finally {
    await gan.dispose()
  }
}

function hinted(error: unknown): unknown {
  const missing = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  if (!(error instanceof DcganError) || error.code !== 'ERR_DCGAN_IO' || !missing) return error
  const hint = 'Train a model with "npx libtorch-dcgan train", or take --model pretrained'
  return new DcganError(error.code, `${error.message}. ${hint}`, { cause: error })
}

async function writePicture(batch: ImageBatch, flags: SampleFlags): Promise<string> {
  await writeFileAtomic(flags.out, await batch.grid(layoutOf(flags)))
  return flags.out
}

function layoutOf({ columns, scale }: SampleFlags): GridOptions {
  return defined({ columns, scale })
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
