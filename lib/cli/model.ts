import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN } from '../dcgan.js'
import { DcganError } from '../errors.js'
import type { HyperParamOptions } from '../hyperparams.js'

/** Where `train` puts its model unless it is told otherwise. */
export const TRAINED = join('output', 'dcgan.safetensors')
const PRETRAINED = 'pretrained'

/** The model that a command uses: what was trained here comes before what the package ships. */
export function modelOf(given: string | undefined): string {
  return given ?? (existsSync(TRAINED) ? TRAINED : PRETRAINED)
}

/** What is said of the model beside what it made. */
export function remark(model: string): string {
  return model === PRETRAINED ? ' (the pretrained model)' : ''
}

/** Loads a model for as long as `use` takes. */
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
