import { availableParallelism } from 'node:os'
import { DcganError, invalidArgument } from '../errors.js'
import { DEFAULTS, type HyperParamOptions, type HyperParams, MACHINE_PARAMS } from '../hyperparams.js'
import { checkOptions, checkSwitch, oneOf, optional } from '../internal/options.js'
import type { ReadState } from './read.js'

/** Options of `save()`. */
export interface SaveOptions {
  /** Saves only the generator: a third of the size. `load()` then makes a model that samples and cannot be trained. */
  only?: 'generator' | undefined
  /** With `only: 'generator'`: saves the weights in half precision, which halves the size again. */
  half?: boolean | undefined
}

/** Checks the options of `save`. */
export function checkSave(options: SaveOptions | undefined) {
  const checks = { only: optional(oneOf('generator')), half: checkSwitch }
  return checkOptions('the options of save()', options, checks)
}

/**
 * Selects the hyper-parameters that a loaded model takes from its file. The parameters of the machine that wrote it are
 * left out, with three exceptions for a whole model, because training continues bit for bit only with them: the
 * precision, the CPU as the device, and the number of threads. A file cannot request a GPU, or more threads than there
 * are cores.
 */
export function keptParams({ kind, hparams }: ReadState): Partial<HyperParams> {
  const { device, precision, threads } = hparams
  const own = Object.fromEntries(Object.entries(hparams).filter(([key]) => !MACHINE_PARAMS.includes(key)))
  if (kind === 'generator') return own
  const fits = typeof threads === 'number' && threads <= availableParallelism()
  return {
    ...own,
    ...(precision !== undefined && { precision }),
    ...(device === 'cpu' && { device }),
    ...(fits && { threads }),
  }
}

/** Checks the overrides of `load`: those on which the file's tensors depend must be as in the file. */
export function checkChanges(
  changes: HyperParamOptions,
  { kind, hparams, state }: ReadState,
  file: string,
): HyperParamOptions {
  const fixed: (keyof HyperParams)[] = ['latentDim', 'classes']
  if (kind === 'full') fixed.push('outputDim', 'seed')
  if (state.batch > 0) fixed.push('batchSize')
  for (const key of fixed) {
    const made = { ...DEFAULTS, ...hparams }[key]
    if (changes[key] === undefined || changes[key] === made) continue
    throw invalidArgument(key, `${made}`, changes[key], `the model in ${file} was made with ${made}`)
  }
  return changes
}

/** The error for a method that needs a whole model, called on a generator alone. */
export function onlyGenerator(what: 'save' | 'train'): DcganError {
  const advice = {
    save: "Give save() the option { only: 'generator' }",
    train:
      'Load a file that save() wrote whole, or take DCGAN.pretrained({ trainable: true }), which gives the shipped ' +
      'generator a discriminator',
  }
  return new DcganError(
    'ERR_DCGAN_WRONG_STATE',
    `${what}() needs a whole model, and this one was loaded from a generator's file, which has no discriminator ` +
      `and no optimisers. ${advice[what]}`,
  )
}
