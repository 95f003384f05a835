import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN } from '../dcgan.js'
import { DcganError } from '../errors.js'
import type { HyperParamOptions } from '../hyperparams.js'

/** The file in which `train` saves its model by default. */
export const TRAINED = join('output', 'dcgan.safetensors')
const PRETRAINED = 'pretrained'

/** Returns the model to use: the given one, otherwise the one trained in this folder, otherwise the shipped one. */
export function modelOf(given: string | undefined): string {
  return given ?? (existsSync(TRAINED) ? TRAINED : PRETRAINED)
}

/** Returns the remark about the model that a command prints after its result. */
export function remark(model: string): string {
  return model === PRETRAINED ? ' (the pretrained model)' : ''
}

/** Loads a model, calls `use` with it, and disposes of it. */
export async function withModel<T>(
  model: string,
  overrides: HyperParamOptions,
  use: (gan: DCGAN) => Promise<T>,
): Promise<T> {
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
