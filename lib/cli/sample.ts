import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DCGAN } from '../dcgan.js'
import { DcganError } from '../errors.js'
import { ioError, writeFileAtomic } from '../files.js'
import type { ImageBatch } from '../images/index.js'
import { defined } from '../options.js'
import { drawSeed } from '../random.js'
import { hyperParamsOf } from './flags.js'

export interface SampleFlags extends Record<string, unknown> {
  model?: string
  out: string
  count?: number
  seed?: number
  columns?: number
  scale?: number
  json?: boolean
}

const TRAINED = join('output', 'dcgan.safetensors')
const PRETRAINED = 'pretrained'

/** `libtorch-dcgan sample`: digits of a seed, as one picture or as a folder of them. */
export async function sample(flags: SampleFlags): Promise<void> {
  const { count = 1, seed = drawSeed(), json } = flags
  const model = modelOf(flags)
  const files = await withModel(model, flags, async gan => {
    const batch = await gan.sample(count, { seed })
    return extname(flags.out) === '.png'
      ? [await writePicture(batch, flags)]
      : writeFolder(batch, flags.out, seed)
  })
  const text = json
    ? JSON.stringify({ model, seed, count, files })
    : `Seed ${seed}${remark(model)}: ${summary(files)}`
  process.stdout.write(`${text}\n`)
}

/** `libtorch-dcgan grid`: the picture that the snapshots show, or a grid of a seed's digits. */
export async function grid(flags: SampleFlags): Promise<void> {
  const { out, count, seed, columns, scale } = flags
  const model = modelOf(flags)
  await withModel(model, flags, gan => gan.saveGrid(out, defined({ count, seed, columns, scale })))
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
  const { seed: _, ...overrides } = hyperParamsOf(flags)
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
  if (!(error instanceof DcganError) || error.code !== 'ERR_DCGAN_BAD_CHECKPOINT' || !missing) return error
  const hint = 'Train a model with "npx libtorch-dcgan train", or take --model pretrained'
  return new DcganError(error.code, `${error.message}. ${hint}`, { cause: error })
}

async function writePicture(batch: ImageBatch, { out, columns, scale }: SampleFlags): Promise<string> {
  await writeFileAtomic(out, await batch.grid(defined({ columns, scale })))
  return out
}

async function writeFolder(batch: ImageBatch, folder: string, seed: number): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch(cause => {
    throw ioError('create', folder, cause)
  })
  const digits = String(batch.count - 1).length
  const files: string[] = []
  for (let i = 0; i < batch.count; i++) {
    const file = join(folder, `digit_${seed}_${String(i).padStart(digits, '0')}.png`)
    await writeFileAtomic(file, await batch.png(i))
    files.push(file)
  }
  return files
}

function summary(files: readonly string[]): string {
  return files.length === 1 ? `${files[0]}` : `${files[0]} … ${files.at(-1)}, ${files.length} files`
}
