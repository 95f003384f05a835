import { type Command, Option } from 'commander'
import { DEFAULTS, HYPER_PARAMS, type HyperParamOptions, type HyperParams } from '../hyperparams.js'

const HELP: Record<keyof HyperParams, string> = {
  batchSize: 'images per training step',
  latentDim: 'length of a latent vector',
  classes: 'classes of a conditional model; 0 for none',
  epochs: 'passes over the data set in total',
  verboseFreq: 'steps between two snapshots and log lines',
  outputDim: 'images per side of a snapshot',
  discLr: "Adam's learning rate for the discriminator; a list such as 1e-3,5e-4 has one per epoch",
  genLr: "Adam's learning rate for the generator, or a list",
  beta1: "decay of Adam's first moment; Radford et al. use 0.5",
  beta2: "decay of Adam's second moment",
  loss: "'bce' or 'relativistic'",
  r1: 'weight of the gradient penalty on real images, or a list',
  r2: 'weight of the gradient penalty on generated images, or a list',
  mismatch: 'weight of real images with wrong labels as negatives, or a list',
  dropout: 'dropout probability of the discriminator',
  labelSmoothing: 'how much the label of real images is below 1',
  discSteps: 'discriminator updates per generator update',
  emaDecay: "decay of the average of the generator's weights; 0 for no average",
  device: "'auto', 'cpu', 'cuda' or 'cuda:N'",
  precision: "'float32', 'bfloat16' or 'auto'",
  kernels: "'auto', or 'plain' for LibTorch's autograd",
  threads: "CPU threads per operation, or 'auto'",
  distributed:
    'train in the processes that torchrun, or RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, describe',
  seed: 'fixes weights, noise, order and dropout',
  maxBatch: 'the most images per forward pass',
  maxQueue: 'the most images that may wait to be sampled',
}

/** The hyper-parameters that a command takes for a model that it loads. */
export const MACHINE_FLAGS = ['device', 'precision', 'threads', 'maxBatch', 'maxQueue'] as const

/** Adds a flag for each of the hyper-parameters, in kebab case, with its default in the help text. */
export function addHyperParams(
  command: Command,
  keys: readonly (keyof HyperParams)[],
  recipe: HyperParamOptions = {},
): Command {
  for (const key of keys) {
    if (key === 'distributed') {
      command.addOption(new Option(`--${key} [env]`, HELP[key]).choices(['env']).preset('env'))
      continue
    }
    const value = defaultText(key, recipe)
    command.option(`--${kebab(key)} <value>`, `${HELP[key]} (default: ${value})`, numbersOrText)
    if (key === 'kernels') command.addOption(new Option('--step <value>').hideHelp())
  }
  return command
}

function defaultText(key: keyof HyperParams, recipe: HyperParamOptions): string {
  if (key === 'seed') return 'random'
  const value = DEFAULTS[key]
  const own = recipe[key] ?? value
  const best = typeof own === 'object' ? `${own[0]}, falling` : `${own}`
  const text = own === value ? best : `${best}; tutorial ${value}`
  return key === 'epochs' ? `${text}; 1 on the CPU` : text
}

/** Returns the hyper-parameters that were given as flags. */
export function hyperParamsOf(flags: Record<string, unknown>): HyperParamOptions {
  const given = [...HYPER_PARAMS, 'step'].filter(key => flags[key] !== undefined)
  return Object.fromEntries(given.map(key => [key, flags[key]]))
}

/** Parses a number. Other text stays text, so that the library's check can name it. */
export function numberOrText(text: string): number | string {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

/** Parses a number, or a list of numbers separated by commas. */
export function numbersOrText(text: string): unknown {
  const values = text.split(',').map(numberOrText)
  return values.length === 1 ? values[0] : values
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
