import { inspect } from 'node:util'
import { DEFAULTS, HYPER_PARAMS, type HyperParams } from '../hyperparams.js'

/** The properties of a model that `console.log(gan)` shows. */
interface Shown {
  device: string
  precision: string
  step: number
  epoch: number
  hparams: Readonly<HyperParams>
}

/** Describes a model in five lines. The last one has the hyper-parameters that differ from the defaults. */
export function summaryOf({ device, precision, step, epoch, hparams }: Shown): string {
  const defaults: Partial<HyperParams> = DEFAULTS
  const own = HYPER_PARAMS.filter(key => hparams[key] !== defaults[key])
  const shown = Object.fromEntries(own.map(key => [key, hparams[key]]))
  const text = inspect(shown, { breakLength: Infinity, compact: true, maxArrayLength: 3 })
  return [
    `DCGAN { device: ${inspect(device)},`,
    `  precision: ${inspect(precision)},`,
    `  step: ${step},`,
    `  epoch: ${epoch},`,
    `  hparams: ${text} }`,
  ].join('\n')
}
