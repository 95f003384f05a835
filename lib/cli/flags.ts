import { type Command, Option } from 'commander'
import { DEFAULTS, HYPER_PARAMS, type HyperParamOptions, type HyperParams, PARAMS } from '../hyperparams.js'
import { defined } from '../internal/options.js'

/** The hyper-parameters that a command takes for a model that it loads. */
export const MACHINE_FLAGS = ['device', 'precision', 'threads', 'maxBatch', 'maxQueue'] as const

/** Adds a flag for each of the hyper-parameters, in kebab case, with its default in the help text. */
export function addHyperParams(
  command: Command,
  keys: readonly (keyof HyperParams)[],
  recipe: HyperParamOptions = {},
): Command {
  for (const key of keys) {
    const { help } = PARAMS[key]
    if (key === 'distributed') {
      command.addOption(new Option(`--${key} [env]`, help).choices(['env']).preset('env'))
      continue
    }
    const value = defaultText(key, recipe)
    command.option(`--${kebab(key)} <value>`, `${help} (default: ${value})`, numbersOrText)
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
export function hyperParamsOf(
  flags: Record<string, unknown>,
  keys: readonly string[] = [...HYPER_PARAMS, 'step'],
): HyperParamOptions {
  return defined(Object.fromEntries(keys.map(key => [key, flags[key]])))
}

/** Returns the hyper-parameters that were given for a model that is loaded. */
export function machineParamsOf(flags: Record<string, unknown>): HyperParamOptions {
  return hyperParamsOf(flags, MACHINE_FLAGS)
}

/** Parses a number. Other text stays text, so that the library's check can name it. */
export function numberOrText(text: string): number | string {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

/**
 * Returns the labels of a flag: one for all images, or a list. The names of classes come first, because a name may look
 * like a number.
 */
export function labelsOf(texts: readonly string[] | undefined, names: readonly string[] = []) {
  return texts && oneOrAll(texts.map(text => (names.includes(text) ? text : numberOrText(text))))
}

/** Parses a list of texts. */
export function texts(list: string): string[] {
  return list.split(',')
}

/** Parses a number, or a list of numbers separated by commas. */
export function numbersOrText(text: string): unknown {
  return oneOrAll(texts(text).map(numberOrText))
}

function oneOrAll<T>(values: readonly T[]): T | readonly T[] {
  return values.length === 1 ? (values[0] as T) : values
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, capital => `-${capital.toLowerCase()}`)
}
