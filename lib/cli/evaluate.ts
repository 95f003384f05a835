import type { DCGAN } from '../dcgan.js'
import type { EvaluateOptions, Evaluation } from '../evaluation/index.js'
import { redraw } from '../internal/terminal.js'
import { evaluationTable } from './evaluation-table.js'
import { machineParamsOf } from './flags.js'
import { interruptible } from './interrupt.js'
import { modelOf, withModel } from './model.js'
import { provideLibTorch } from './set-up.js'

export interface EvaluateFlags extends Record<string, unknown> {
  count?: number
  seed?: number
  data?: string
  labels?: EvaluateOptions['labels']
  accuracyScore?: boolean | number
  json?: boolean
}

/** Runs `libtorch-dcgan evaluate`, which measures a model. */
export async function evaluate(given: string | undefined, flags: EvaluateFlags): Promise<void> {
  const { count, seed, data: dataset, labels, accuracyScore, json } = flags
  const model = modelOf(given)
  await provideLibTorch()
  const evaluation = await withModel(model, machineParamsOf(flags), gan =>
    evaluateShown(gan, { count, seed, dataset, labels, accuracyScore }),
  )
  const text = json ? JSON.stringify({ model, ...evaluation }) : evaluationTable(model, evaluation)
  process.stdout.write(`${text}\n`)
}

/** Evaluates a model until it is done or Ctrl-C comes, and shows the progress on a terminal. */
export async function evaluateShown(gan: DCGAN, options: EvaluateOptions): Promise<Evaluation> {
  const onProgress = ({ fraction }: { fraction: number }) =>
    redraw(process.stderr, `Comparing images with real ones: ${Math.floor(100 * fraction)} %`)
  try {
    return await interruptible(signal => gan.evaluate({ ...options, signal, onProgress }))
  } finally {
    redraw(process.stderr)
  }
}
